//! What we are made of: no unsafe code of ours, every crate from crates.io under a licence that
//! `deny.toml` allows, and each one that we chose ourselves justified in `docs/decisions.md`.
//!
//! `cargo deny` judges the same and more, where it is installed; this is what needs nothing but
//! cargo, and so is never left out.

use std::{collections::BTreeSet, fs, process::Command};

use super::nobody_complains;

/// Each is its own package; all but the last share the workspace's lints.
const MANIFESTS: [&str; 4] = [
    "Cargo.toml",
    "entity/Cargo.toml",
    "migration/Cargo.toml",
    "fuzz/Cargo.toml",
];
const LOCKS: [&str; 2] = ["Cargo.lock", "fuzz/Cargo.lock"];
const OURS: [&str; 4] = ["entity", "migration", "ringback", "ringback-fuzz"];
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn text_of(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn unsafe_code_is_forbidden_in_every_crate_of_ours() {
    let forbidden = "unsafe_code = \"forbid\"";
    assert!(text_of("Cargo.toml").contains(&format!("[workspace.lints.rust]\n{forbidden}")));
    let careless = MANIFESTS.into_iter().filter(|path| {
        let manifest = text_of(path);
        !manifest.contains("[lints]\nworkspace = true")
            && !manifest.contains(&format!("[lints.rust]\n{forbidden}"))
    });
    let complaints: Vec<_> = careless
        .map(|path| format!("{path} does not forbid unsafe code"))
        .collect();
    nobody_complains(&complaints);
}

#[test]
fn every_crate_is_of_crates_io_with_its_checksum() {
    let complaints: Vec<_> = LOCKS
        .into_iter()
        .flat_map(|path| foreign(path, &text_of(path)))
        .collect();
    nobody_complains(&complaints);
}

/// What a lock file takes from elsewhere than crates.io and our own folders.
fn foreign(path: &str, lock: &str) -> Vec<String> {
    let mut found = Vec::new();
    for package in lock.split("[[package]]").skip(1) {
        let field = |name: &str| {
            let mut lines = package.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "))
        };
        let name = field("name").unwrap_or_default().trim_matches('"');
        let source = field("source").map(|source| source.trim_matches('"'));
        let is_sound = match source {
            None => OURS.contains(&name),
            Some(source) => source == CRATES_IO && field("checksum").is_some(),
        };
        if !is_sound {
            found.push(format!("{path}: {name} comes from {source:?}"));
        }
    }
    found
}

#[test]
fn every_crate_has_a_licence_that_is_allowed() {
    let built = crates_that_are_built();
    let packages: BTreeSet<_> = built
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .collect();
    assert!(packages.len() > 100, "cargo knows the crates");
    let policy = text_of("deny.toml");
    let allowed = quoted_in(&policy, "\nallow = [");
    let exceptions = quoted_in(&policy, "\nexceptions = [");
    let complaints: Vec<_> = packages
        .iter()
        .filter(|(package, licence)| {
            let name = package.split(' ').next().unwrap_or_default();
            let is_exception = exceptions.contains(name) && exceptions.contains(licence);
            !is_exception && !is_allowed(licence, &allowed)
        })
        .map(|(package, licence)| format!("{package} is under {licence:?}"))
        .collect();
    nobody_complains(&complaints);
}

/// A line for each, with its licence behind a tab: for this platform, macros and tests included.
fn crates_that_are_built() -> String {
    let words = "tree --workspace --offline --locked --prefix none --format {p}\t{l}";
    let asked = Command::new(env!("CARGO")).args(words.split(' ')).output();
    let asked = asked.expect("cargo can be asked");
    let failure = String::from_utf8_lossy(&asked.stderr);
    assert!(asked.status.success(), "{failure}");
    let told = String::from_utf8_lossy(&asked.stdout);
    told.replace(" (*)", "")
}

/// All that stands in quotes in a list of a TOML file.
fn quoted_in<'a>(text: &'a str, opening: &str) -> BTreeSet<&'a str> {
    let inside = text.split_once(opening).map_or("", |(_, rest)| rest);
    let inside = inside.split_once("\n]").map_or(inside, |(list, _)| list);
    inside.split('"').skip(1).step_by(2).collect()
}

/// An expression of SPDX: every part of an `AND`, one part of an `OR`. An `OR` binds weaker, and
/// brackets go first. A slash is how crates of old wrote `OR`.
fn is_allowed(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let expression = expression.replace(" / ", " OR ").replace('/', " OR ");
    if let Some(close) = expression.find(')')
        && let Some(open) = expression[..close].rfind('(')
    {
        let inside = is_allowed(&expression[open + 1..close], allowed);
        let word = if inside { "YES" } else { "NO" };
        let flat = [&expression[..open], word, &expression[close + 1..]].concat();
        return is_allowed(&flat, allowed);
    }
    let is_one = |licence: &str| licence == "YES" || allowed.contains(licence);
    expression
        .split(" OR ")
        .any(|choice| choice.split(" AND ").all(|part| is_one(part.trim())))
}

#[test]
fn every_crate_that_we_chose_is_justified() {
    let decisions = text_of("docs/decisions.md");
    let justified = decisions
        .split_once("## Dependencies")
        .map_or("", |(_, text)| text);
    let manifest = text_of("Cargo.toml");
    let complaints: Vec<_> = ["[dependencies]", "[dev-dependencies]"]
        .into_iter()
        .flat_map(|section| chosen(&manifest, section))
        .filter(|name| !OURS.contains(name) && !justified.contains(&format!("`{name}`")))
        .map(|name| format!("docs/decisions.md does not say what `{name}` is for"))
        .collect();
    nobody_complains(&complaints);
}

fn chosen<'a>(manifest: &'a str, section: &str) -> Vec<&'a str> {
    let (_, rest) = manifest.split_once(section).unwrap_or_default();
    let lines = rest
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with('['));
    let names = lines.map(|line| line.split(['.', ' ', '=']).next().unwrap_or_default());
    names.filter(|name| !name.is_empty()).collect()
}

/// A sample has names and no values, and what starts without settings holds no secret.
#[test]
fn nothing_comes_with_a_secret_of_its_own() {
    use ringback::config::{Config, Environment};
    let config = Config::read(&Environment::default()).expect("the defaults are sound");
    let printed = format!("{config:?}");
    assert!(
        !printed.contains("Secret(hidden)"),
        "a default holds a secret: {printed}"
    );
    let sample = text_of(".env.sample");
    let filled: Vec<_> = sample
        .lines()
        .filter(|line| is_filled_secret(line))
        .collect();
    assert!(filled.is_empty(), "secrets with values: {filled:?}");
}

fn is_filled_secret(line: &str) -> bool {
    let setting = line.trim_start_matches('#').split_once('=');
    setting.is_some_and(|(name, value)| {
        let is_secret = ["_KEY", "_KEYS", "_SECRET"]
            .iter()
            .any(|ending| name.ends_with(ending));
        is_secret && !value.is_empty()
    })
}

#[test]
fn what_comes_from_elsewhere_is_found() {
    let package = |rest: &str| format!("version = 4\n[[package]]\nname = \"a\"\n{rest}\n");
    let sound = format!("source = \"{CRATES_IO}\"\nchecksum = \"00\"");
    assert!(foreign("l", &package(&sound)).is_empty());
    for rest in [
        "",
        "source = \"git+https://example.com/a#1\"",
        &format!("source = \"{CRATES_IO}\""),
    ] {
        assert_eq!(foreign("l", &package(rest)).len(), 1, "{rest}");
    }
}

#[test]
fn a_licence_that_is_not_allowed_is_found() {
    let allowed = BTreeSet::from(["MIT", "ISC", "Apache-2.0"]);
    for licence in [
        "MIT",
        "GPL-3.0 OR MIT",
        "GPL-3.0/MIT",
        "(GPL-3.0 OR MIT) AND ISC",
    ] {
        assert!(is_allowed(licence, &allowed), "{licence}");
    }
    for licence in ["", "GPL-3.0", "GPL-3.0 AND MIT", "(MIT OR ISC) AND GPL-3.0"] {
        assert!(!is_allowed(licence, &allowed), "{licence}");
    }
    assert!(is_filled_secret("#WEBHOOK_SHARED_SECRET=changeme"));
    assert!(!is_filled_secret("#WEBHOOK_SHARED_SECRET="));
}
