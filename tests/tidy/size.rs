//! A file or a function that grows past its limit is asking to be two. Tests at the end of a file
//! count as well.

use super::source::{File, line_at, tokens};

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;

pub fn complaints(files: &[File]) -> Vec<String> {
    let of_the_file = |file| [long_file(file), no_essay(file)].into_iter().flatten();
    files
        .iter()
        .flat_map(|file| of_the_file(file).chain(long_functions(file)))
        .collect()
}

fn long_file(file: &File) -> Option<String> {
    let lines = file.text.lines().count();
    (lines > FILE_LINES_MAX).then(|| {
        format!(
            "{} has {lines} lines; {FILE_LINES_MAX} is the most",
            file.path
        )
    })
}

fn no_essay(file: &File) -> Option<String> {
    let silent = file.path.starts_with("src/") && !file.text.starts_with("//!");
    silent.then(|| {
        format!(
            "{} does not begin with `//!`: say first what it is for",
            file.path
        )
    })
}

fn long_functions(file: &File) -> Vec<String> {
    let tokens = tokens(&file.code);
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        // A function has a name; the type `fn(u8)` has none.
        if tokens[at].1 != "fn" || tokens.get(at + 1).is_none_or(|(_, next)| *next == "(") {
            continue;
        }
        let first = line_at(&file.code, tokens[at].0);
        let lines =
            end_of_function(&tokens[at..]).map_or(0, |end| line_at(&file.code, end) - first + 1);
        if lines > FUNCTION_LINES_MAX {
            let (path, name) = (&file.path, tokens[at + 1].1);
            found.push(format!(
                "{path}:{first} `{name}` has {lines} lines; {FUNCTION_LINES_MAX} is the most"
            ));
        }
    }
    found
}

/// Where the brace closes that opens the body. A declaration without one ends at its semicolon,
/// outside of brackets.
fn end_of_function(tokens: &[(usize, &str)]) -> Option<usize> {
    let (mut braces, mut brackets) = (0, 0);
    for (at, token) in tokens {
        match *token {
            "{" => braces += 1,
            "}" => braces -= 1,
            "(" | "[" => brackets += 1,
            ")" | "]" => brackets -= 1,
            ";" if braces == 0 && brackets == 0 => return None,
            _ => {}
        }
        if *token == "}" && braces == 0 {
            return Some(*at);
        }
    }
    None
}

#[cfg(test)]
fn function_of(lines: usize) -> String {
    format!(
        "//! Made up.\nfn long(a: [u8; 4]) {{\n{}}}\nfn short() {{}}\n",
        "    let s = \"}\";\n".repeat(lines - 2)
    )
}

#[test]
fn a_long_function_is_found() {
    assert!(complaints(&[File::new("src/a.rs", &function_of(70))]).is_empty());
    let said = complaints(&[File::new("src/a.rs", &function_of(71))]);
    assert_eq!(said, ["src/a.rs:2 `long` has 71 lines; 70 is the most"]);
}

#[test]
fn a_long_file_and_a_silent_one_are_found() {
    let long = File::new("src/a.rs", &"//!\n".repeat(401));
    assert_eq!(
        complaints(&[long]),
        ["src/a.rs has 401 lines; 400 is the most"]
    );
    let silent = File::new("src/a.rs", "fn a() {}\n");
    assert_eq!(
        complaints(&[silent]),
        ["src/a.rs does not begin with `//!`: say first what it is for"]
    );
}
