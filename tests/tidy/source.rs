//! A source file, with its code and its comments told apart.

use std::{fs, iter, path::Path};

pub struct File {
    /// From the root of the repository, as in `src/delivery/http.rs`.
    pub path: String,
    pub text: String,
    /// The text without comments and without what strings hold: blank there, so that every line
    /// stays where it is.
    pub code: String,
    /// The text of the comments alone, likewise.
    pub comments: String,
}

/// A `mod name;`, with the file that a `#[path]` names for it.
pub struct Child {
    pub name: String,
    pub path: Option<String>,
}

impl File {
    pub fn new(path: &str, text: &str) -> Self {
        let (code, comments) = told_apart(text);
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
            comments,
        }
    }

    pub fn all_below(folder: &str) -> Vec<Self> {
        let mut files = Vec::new();
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
        for entry in entries {
            let path = entry.expect("a readable folder").path();
            let name = path.to_str().expect("a path in UTF-8");
            if path.is_dir() {
                files.extend(Self::all_below(name));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text =
                    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
                files.push(Self::new(name, &text));
            }
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        files
    }

    /// Where the file stands in its crate: `src/delivery/http.rs` is `["delivery", "http"]`, and a
    /// root is `[]`.
    pub fn module(&self) -> Vec<&str> {
        let inside = self
            .path
            .split_once("src/")
            .map_or(self.path.as_str(), |(_, inside)| inside);
        let mut module: Vec<&str> = inside.trim_end_matches(".rs").split('/').collect();
        if matches!(module.last(), Some(&"mod" | &"lib" | &"main")) {
            module.pop();
        }
        module
    }

    pub fn folder(&self) -> &Path {
        Path::new(&self.path).parent().unwrap_or(Path::new(""))
    }

    pub fn children(&self) -> Vec<Child> {
        let mut before = "";
        let mut children = Vec::new();
        for (code, text) in self.code.lines().zip(self.text.lines()) {
            if let Some((attributes, name)) = code
                .trim()
                .strip_suffix(';')
                .and_then(|line| line.rsplit_once("mod "))
                && !attributes.contains('=')
                && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            {
                let path = [text, before]
                    .into_iter()
                    .find_map(|line| line.split_once("#[path = \""));
                let path = path
                    .and_then(|(_, rest)| rest.split_once('"'))
                    .map(|(path, _)| path.to_owned());
                children.push(Child {
                    name: name.to_owned(),
                    path,
                });
            }
            before = text;
        }
        children
    }
}

pub fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Words, `::`, and single signs, each with its place.
pub fn tokens(code: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    let next = iter::from_fn(|| {
        let rest = &code[at..];
        let word = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let sign = rest.chars().next()?.len_utf8();
        let length = if word > 0 {
            word
        } else if rest.starts_with("::") {
            2
        } else {
            sign
        };
        at += length;
        Some((at - length, &rest[..length]))
    });
    next.filter(|(_, token)| !token.trim().is_empty()).collect()
}

enum Kind {
    Code,
    Comment,
    Literal,
}

fn told_apart(text: &str) -> (String, String) {
    let (mut code, mut comments) = (String::new(), String::new());
    let mut rest = text;
    while !rest.is_empty() {
        let (kind, length) = next_piece(rest);
        let (piece, after) = rest.split_at(length);
        let blank: String = piece.chars().flat_map(blank_of).collect();
        code.push_str(if matches!(kind, Kind::Code) {
            piece
        } else {
            &blank
        });
        comments.push_str(if matches!(kind, Kind::Comment) {
            piece
        } else {
            &blank
        });
        rest = after;
    }
    (code, comments)
}

fn blank_of(c: char) -> impl Iterator<Item = char> {
    iter::repeat_n(if c == '\n' { c } else { ' ' }, c.len_utf8())
}

fn next_piece(rest: &str) -> (Kind, usize) {
    let raw = rest
        .strip_prefix('r')
        .map(|after| after.trim_start_matches('#'));
    if rest.starts_with("//") {
        (Kind::Comment, rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        (Kind::Comment, block_comment(rest))
    } else if let Some(after) = raw.filter(|after| after.starts_with('"')) {
        let opening = rest.len() - after.len() + 1;
        let closing = format!("\"{}", "#".repeat(opening - 2));
        (
            Kind::Literal,
            rest[opening..]
                .find(&closing)
                .map_or(rest.len(), |end| opening + end + closing.len()),
        )
    } else if rest.starts_with('"') {
        (Kind::Literal, quoted(rest, '"'))
    } else if rest.starts_with('\'')
        && (rest[1..].starts_with('\\') || rest[1..].chars().nth(1) == Some('\''))
    {
        (Kind::Literal, quoted(rest, '\''))
    } else {
        let first = rest.chars().next().map_or(0, char::len_utf8);
        (
            Kind::Code,
            rest[first..]
                .find(['/', '"', '\'', 'r'])
                .map_or(rest.len(), |next| first + next),
        )
    }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let (change, length) = match rest.get(at..at + 2) {
            Some("/*") => (1, 2),
            Some("*/") => (-1, 2),
            _ => (0, 1),
        };
        depth += change;
        at += length;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

#[test]
fn code_and_comments_are_told_apart() {
    let file = File::new(
        "src/a.rs",
        "let a = \"// no\"; // yes\nlet b = r#\"\"x\"#; /* /* ü */ */ let c: &'a u8 = '\"';\n",
    );
    assert_eq!(
        file.code.split_whitespace().collect::<String>(),
        "leta=;letb=;letc:&'au8=;"
    );
    assert_eq!(
        file.comments.split_whitespace().collect::<String>(),
        "//yes/*/*ü*/*/"
    );
    assert_eq!(file.code.len(), file.text.len());
}
