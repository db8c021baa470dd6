//! What the pages list is what the sources have.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use ringback::{
    config::{Config, Environment},
    infra::seal::sweep::SEALED_COLUMNS,
};

use super::page::Page;

/// Where nothing is logged by a server.
const NOT_THE_SERVER: &str = "src/bench";

#[test]
fn operations_lists_every_setting_and_no_other() {
    let environment = Environment::of_pairs([("PATH", "/bin")]);
    Config::read(&environment).unwrap();
    let known: BTreeSet<_> = environment
        .known_names()
        .into_iter()
        .map(str::to_owned)
        .collect();
    same(&listed("## Settings"), &known);
}

#[test]
fn operations_lists_every_metric_and_no_other() {
    let source = std::fs::read_to_string("src/metrics/mod.rs").unwrap();
    let named = source.lines().filter_map(|line| {
        let (name, _) = line.trim().strip_prefix("(\"")?.split_once("\",")?;
        name.starts_with("ringback_").then(|| name.to_owned())
    });
    same(&listed("## Metrics"), &named.collect());
}

#[test]
fn operations_lists_every_line_of_the_log_and_no_other() {
    let mut logged = BTreeSet::new();
    for file in sources("src")
        .iter()
        .filter(|file| !file.starts_with(NOT_THE_SERVER))
    {
        let source = product(file);
        for level in ["info", "warn", "error"] {
            let begin = format!("tracing::{level}!(");
            logged.extend(source.split(&begin).skip(1).map(last_literal));
        }
    }
    same(&listed("## Log lines"), &logged);
}

/// A source without its tests.
fn product(file: &Path) -> String {
    let source = std::fs::read_to_string(file).unwrap();
    let product = source.split("#[cfg(test)]").next().unwrap_or_default();
    product.to_owned()
}

#[test]
fn operations_lists_every_worker() {
    let page = Page::read("docs/OPERATIONS.md");
    let names: BTreeSet<_> = page.names().into_iter().collect();
    let is_test = |file: &PathBuf| {
        file.iter()
            .any(|part| part == "tests" || part == "tests.rs")
    };
    for file in sources("src").into_iter().filter(|file| !is_test(file)) {
        for rest in product(&file).split(".supervise(\"").skip(1) {
            let (name, _) = rest.split_once('"').unwrap();
            assert!(
                names.contains(name),
                "the worker {name} is not in docs/OPERATIONS.md"
            );
        }
    }
}

#[test]
fn security_lists_every_sealed_column() {
    let names: BTreeSet<_> = Page::read("docs/SECURITY.md").names().into_iter().collect();
    for sealed in SEALED_COLUMNS {
        let name = format!("{}.{}", sealed.table, sealed.column);
        assert!(names.contains(&name), "{name} is not in docs/SECURITY.md");
    }
}

/// A promise is only worth as much as the test that fails when it is broken.
#[test]
fn every_invariant_names_tests_that_exist() {
    let page = Page::read("docs/ARCHITECTURE.md");
    let sources: String = ["src", "tests"]
        .into_iter()
        .flat_map(sources)
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    let rows = page.last_column("## Invariants");
    assert!(rows.len() > 10, "the invariants were not found");
    for (line, cell) in rows {
        let tests: Vec<_> = cell.split('`').skip(1).step_by(2).collect();
        assert!(
            !tests.is_empty(),
            "docs/ARCHITECTURE.md:{line}: which test proves this?"
        );
        for test in tests {
            let is_there = sources.contains(&format!("fn {test}("));
            assert!(
                is_there,
                "docs/ARCHITECTURE.md:{line}: there is no test {test}"
            );
        }
    }
}

#[track_caller]
fn same(listed: &BTreeSet<String>, there: &BTreeSet<String>) {
    let missing: Vec<_> = there.difference(listed).collect();
    let unknown: Vec<_> = listed.difference(there).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "docs/OPERATIONS.md does not list {missing:?}, and lists {unknown:?}, which is not there"
    );
}

/// What stands between backticks in the first cells of the tables of a section.
fn listed(heading: &str) -> BTreeSet<String> {
    let page = Page::read("docs/OPERATIONS.md");
    let prose = page.prose();
    let below = prose
        .iter()
        .skip_while(|(_, line)| *line != heading)
        .skip(1);
    let section = below.take_while(|(_, line)| !line.starts_with("## "));
    let rows = section.filter_map(|(_, line)| line.strip_prefix("| `"));
    let firsts = rows.filter_map(|row| row.split_once(" | "));
    let names = firsts.flat_map(|(cell, _)| cell.split('`').step_by(2).map(str::to_owned));
    names.filter(|name| !name.is_empty()).collect()
}

/// The last text in a macro's brackets, which is its message.
fn last_literal(rest: &str) -> String {
    let (mut depth, mut open, mut last) = (1, None::<String>, String::new());
    let mut signs = rest.chars();
    while depth > 0 {
        let sign = signs.next().expect("a macro's brackets are closed");
        match (open.take(), sign) {
            (Some(text), '"') => last = text,
            (Some(text), '\\') => {
                // A line break that is escaped, or a sign that stands for itself.
                signs.next();
                open = Some(text);
            }
            (Some(text), sign) => open = Some(text + sign.encode_utf8(&mut [0; 4])),
            (None, '"') => open = Some(String::new()),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, _) => {}
        }
    }
    last
}

fn sources(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
