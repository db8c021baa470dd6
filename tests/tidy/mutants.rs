//! Each mutant in `tests/mutants` still applies, and the test that it names is there: so `just
//! mutants` can prove, whenever somebody has the time, that each protection has a test.
//!
//! The patches are matched by code of our own, so that this holds in a folder without git as well.

use std::fs;

use super::source::File;

/// A patch: what it protects, the test that fails without it, and what it changes.
struct Mutant {
    name: String,
    protects: String,
    binary: String,
    test: String,
    /// The database that the test is of, where it is not SQLite.
    on: String,
    hunks: Vec<Hunk>,
}

/// Lines of one file that a patch replaces.
#[derive(Debug, PartialEq, Eq)]
struct Hunk {
    path: String,
    /// Where they begin, from one.
    line: usize,
    old: Vec<String>,
}

#[test]
fn every_mutant_applies_and_names_a_test() {
    let house = super::house();
    let read = |path: &str| fs::read_to_string(path).ok();
    let mutants = all();
    assert!(!mutants.is_empty(), "tests/mutants holds no patch");
    let complaints = mutants
        .iter()
        .flat_map(|mutant| complaints(mutant, &house, read));
    super::nobody_complains(&complaints.collect::<Vec<_>>());
}

fn all() -> Vec<Mutant> {
    let folder = fs::read_dir("tests/mutants").expect("tests/mutants");
    let paths = folder.map(|entry| entry.expect("a readable folder").path());
    let patches = paths.filter(|path| path.extension().is_some_and(|kind| kind == "patch"));
    let read = patches.map(|path| {
        let name = path.file_stem().map(|name| name.to_string_lossy());
        Mutant::read(
            &name.unwrap_or_default(),
            &fs::read_to_string(&path).expect("a patch in UTF-8"),
        )
    });
    read.collect()
}

impl Mutant {
    fn read(name: &str, text: &str) -> Self {
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().to_owned()
        };
        let test = field("test: ");
        let (binary, test) = test.split_once(' ').unwrap_or((&test, ""));
        Self {
            name: name.to_owned(),
            protects: field("protects: "),
            binary: binary.to_owned(),
            test: test.trim().to_owned(),
            on: field("on: "),
            hunks: hunks(text),
        }
    }
}

fn hunks(text: &str) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    let (mut path, mut missing) = ("", 0);
    for line in text.lines() {
        if let Some(place) = line.strip_prefix("@@ -") {
            let (line, count) = numbers(place);
            missing = count;
            hunks.push(Hunk {
                path: path.to_owned(),
                line,
                old: Vec::new(),
            });
        } else if let (true, Some(hunk)) = (missing > 0, hunks.last_mut()) {
            // An editor may have cut the blank off that stands for an empty line.
            let old = if line.is_empty() {
                Some("")
            } else {
                line.strip_prefix([' ', '-'])
            };
            missing -= usize::from(old.is_some());
            hunk.old.extend(old.map(str::to_owned));
        } else if let Some(old) = line.strip_prefix("--- a/") {
            path = old;
        }
    }
    hunks
}

/// Of `12,3 +12 @@`: where the old lines begin, and how many they are.
fn numbers(place: &str) -> (usize, usize) {
    let old = place.split_once(' ').map_or(place, |(old, _)| old);
    let (line, count) = old.split_once(',').unwrap_or((old, "1"));
    (line.parse().unwrap_or(0), count.parse().unwrap_or(1))
}

fn complaints(
    mutant: &Mutant,
    house: &[File],
    read: impl Fn(&str) -> Option<String>,
) -> Vec<String> {
    let name = &mutant.name;
    let mut found = Vec::new();
    if mutant.protects.is_empty() {
        found.push(format!("{name}: say `protects: …` in a sentence"));
    }
    if !["", "postgres"].contains(&mutant.on.as_str()) {
        found.push(format!(
            "{name}: `on: postgres` or nothing, and not {:?}",
            mutant.on
        ));
    }
    if !has_test(mutant, house) {
        let (binary, test) = (&mutant.binary, &mutant.test);
        found.push(format!("{name}: there is no test `{test}` in `{binary}`"));
    }
    if mutant.hunks.is_empty() {
        found.push(format!("{name}: changes nothing"));
    }
    for hunk in &mutant.hunks {
        let place = format!("{name}: {}:{}", hunk.path, hunk.line);
        match read(&hunk.path).map(|text| occurrences(&text, hunk)) {
            None => found.push(format!("{place}: there is no such file")),
            Some(Occurs::Nowhere) => found.push(format!("{place}: the lines are there no more")),
            Some(Occurs::Often) => found.push(format!("{place}: stands there more than once")),
            Some(Occurs::Once) => {}
        }
    }
    found
}

#[derive(Debug, PartialEq, Eq)]
enum Occurs {
    Nowhere,
    /// Or where the patch says.
    Once,
    Often,
}

fn occurrences(text: &str, hunk: &Hunk) -> Occurs {
    let lines: Vec<&str> = text.lines().collect();
    let stands_at = |at: usize| {
        lines[at..].len() >= hunk.old.len()
            && lines[at..].iter().zip(&hunk.old).all(|(is, was)| is == was)
    };
    let places: Vec<usize> = (0..lines.len()).filter(|at| stands_at(*at)).collect();
    match places[..] {
        [] => Occurs::Nowhere,
        [_] => Occurs::Once,
        _ if places.contains(&hunk.line.wrapping_sub(1)) => Occurs::Once,
        _ => Occurs::Often,
    }
}

/// The function stands in the sources of the binary.
fn has_test(mutant: &Mutant, house: &[File]) -> bool {
    let folders: &[&str] = match mutant.binary.as_str() {
        "api" => &["tests/api/"],
        "process" => &["tests/process/", "tests/tidy/", "tests/chaos/"],
        "lib" => &["src/"],
        _ => return false,
    };
    let name = mutant.test.rsplit("::").next().unwrap_or_default();
    let function = format!("fn {name}");
    let is_there = |file: &File| {
        folders.iter().any(|folder| file.path.starts_with(folder)) && file.code.contains(&function)
    };
    !name.is_empty() && house.iter().any(is_there)
}

#[cfg(test)]
const MADE_UP: &str = "protects: a thing
test: api gate::a_thing_is_kept
diff --git a/src/a.rs b/src/a.rs
--- a/src/a.rs
+++ b/src/a.rs
@@ -2,2 +2 @@ fn a() {
     keep();
-    keep();
";

#[test]
fn a_patch_that_has_rotted_is_found() {
    let house = [File::new(
        "tests/api/gate.rs",
        "#[test]\nfn a_thing_is_kept() {}\n",
    )];
    let said = |source: &'static str, patch: &str| {
        let read = |path: &str| (path == "src/a.rs").then(|| source.to_owned());
        complaints(&Mutant::read("m", patch), &house, read)
    };
    const KEPT: &str = "fn a() {\n    keep();\n    keep();\n}\n";
    assert_eq!(said(KEPT, MADE_UP), Vec::<String>::new());
    assert_eq!(
        said("fn a() {}\n", MADE_UP),
        ["m: src/a.rs:2: the lines are there no more"]
    );
    assert_eq!(
        said(KEPT, &MADE_UP.replace("a_thing", "nothing")),
        ["m: there is no test `gate::nothing_is_kept` in `api`"]
    );
    assert_eq!(
        said(KEPT, "test: api a_thing\n"),
        ["m: say `protects: …` in a sentence", "m: changes nothing"]
    );
    assert_eq!(
        said(KEPT, &MADE_UP.replace("src/a.rs", "src/b.rs")),
        ["m: src/b.rs:2: there is no such file"]
    );
}
