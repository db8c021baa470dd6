//! Which modules of its own crate a file names: in `use` lines, nested or not, and in the middle of
//! code.

use super::source::{File, line_at, tokens};

/// A path from the crate's root, as in `["delivery", "queue", "read"]`.
pub struct Import {
    pub path: Vec<String>,
    pub line: usize,
}

pub fn imports(file: &File) -> Vec<Import> {
    let tokens = tokens(&file.code);
    let words: Vec<&str> = tokens.iter().map(|(_, token)| *token).collect();
    let children: Vec<String> = file
        .children()
        .into_iter()
        .map(|child| child.name)
        .collect();
    let mut found = Vec::new();
    let mut inline = Inline::default();
    let mut at = 0;
    while at < words.len() {
        if is_word(words[at])
            && words.get(at + 1) == Some(&"::")
            && (at == 0 || words[at - 1] != "::")
        {
            let mut paths = Vec::new();
            let after = read_paths(&words, at, &[], &mut paths);
            let line = line_at(&file.code, tokens[at].0);
            let rooted = paths
                .into_iter()
                .filter_map(|path| from_root(file, &children, &inline.modules(), &path));
            found.extend(rooted.map(|path| Import { path, line }));
            at = after;
        } else {
            inline.pass(&words, at);
            at += 1;
        }
    }
    found
}

/// Modules that are written inside the file, as `mod tests { … }` is: each with the depth of its
/// braces.
#[derive(Default)]
struct Inline<'a> {
    open: Vec<(&'a str, usize)>,
    depth: usize,
}

impl<'a> Inline<'a> {
    fn pass(&mut self, words: &[&'a str], at: usize) {
        match words[at] {
            "{" => {
                self.depth += 1;
                if at >= 2 && words[at - 2] == "mod" {
                    self.open.push((words[at - 1], self.depth));
                }
            }
            "}" => {
                self.open.retain(|(_, depth)| *depth != self.depth);
                self.depth = self.depth.saturating_sub(1);
            }
            _ => {}
        }
    }

    fn modules(&self) -> Vec<&'a str> {
        self.open.iter().map(|(name, _)| *name).collect()
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Reads the path that begins at `at`, or the paths where it branches, and returns where reading
/// goes on.
fn read_paths<'a>(
    words: &[&'a str],
    mut at: usize,
    stem: &[&'a str],
    found: &mut Vec<Vec<&'a str>>,
) -> usize {
    let mut path = stem.to_vec();
    loop {
        match words.get(at) {
            Some(&"{") => {
                at += 1;
                while words.get(at).is_some_and(|token| *token != "}") {
                    let branch = at;
                    at = read_paths(words, at, &path, found).max(branch + 1);
                    while words
                        .get(at)
                        .is_some_and(|token| is_word(token) || *token == ",")
                        && words[at - 1] != ","
                    {
                        at += 1; // the rest of `as another_name`, and the comma
                    }
                }
                return at + 1;
            }
            Some(word) if is_word(word) => path.push(*word),
            _ => break,
        }
        at += 1;
        if words.get(at) != Some(&"::") {
            break;
        }
        at += 1;
    }
    found.push(path);
    at
}

/// The same path from the crate's root, or nothing where it leads into another crate.
fn from_root(
    file: &File,
    children: &[String],
    inline: &[&str],
    path: &[&str],
) -> Option<Vec<String>> {
    let mut here = file.module();
    here.extend(inline);
    let mut rest = path
        .iter()
        .copied()
        .filter(|word| *word != "self")
        .peekable();
    let first = *path.first()?;
    match first {
        "crate" => {
            rest.next();
            here.clear();
        }
        "ringback" if file.path == "src/main.rs" => {
            rest.next();
            here.clear();
        }
        "super" => {
            while rest.next_if_eq(&"super").is_some() {
                here.pop();
            }
        }
        "self" => {}
        child if inline.is_empty() && children.iter().any(|name| name == child) => {}
        _ => return None,
    }
    here.extend(rest);
    Some(here.into_iter().map(str::to_owned).collect())
}

#[test]
fn every_way_to_name_a_module_is_understood() {
    let code = "mod retry;
        use crate::{app::App, infra::{clock::Clock as Hands, db::{self, Db}}, config};
        use super::events::log;
        fn f(x: crate::error::Error) -> std::fmt::Result {
            if x == retry::NEVER { self::lanes::open() }
        }
        mod tests { use super::sign; use super::super::calls; use std::{retry::No}; }";
    let file = File::new("src/delivery/mod.rs", code);
    let found: Vec<String> = imports(&file)
        .iter()
        .map(|import| import.path.join("::"))
        .collect();
    assert_eq!(
        found,
        [
            "app::App",
            "infra::clock::Clock",
            "infra::db",
            "infra::db::Db",
            "config",
            "events::log",
            "error::Error",
            "delivery::retry::NEVER",
            "delivery::lanes::open",
            "delivery::sign",
            "calls",
        ]
    );
}
