//! Who may import whom.
//!
//! A module imports from the layers below its own. Within the domain, where modules stand side by
//! side, only the arrows drawn here are allowed. A new module takes its place in these tables
//! before anything else.

use std::collections::BTreeSet;

use super::{
    imports::{Import, imports},
    source::File,
};

/// Stands for every `http.rs`: a module's door, apart from the module.
const DOOR: &str = "http";

const LAYERS: [&[&str]; 12] = [
    &["main", "lib"],
    &["cli"],
    &["bench", "copy", "backup"],
    &["run"],
    &["openapi"],
    &["router"],
    &["dashboard"],
    &["live", DOOR],
    DOMAIN,
    &["app"],
    &["infra"],
    &["config", "error"], // and below them the crate `entity`
];

const DOMAIN: &[&str] = &[
    "ingest",
    "vapi",
    "events",
    "subscriptions",
    "delivery",
    "calls",
    "contact",
    "campaigns",
    "tally",
    "sessions",
    "schedule",
    "results",
    "tools",
    "trial",
    // what serves all of them
    "auth",
    "edge",
    "idempotency",
    "instances",
    "metrics",
    "retention",
    "service",
    // what stands in for the other side
    "simulate",
    "listen",
];

const ARROWS: &[(&str, &[&str])] = &[
    (
        "ingest",
        &[
            "vapi",
            "calls",
            "contact",
            "sessions",
            "events",
            "results",
            "tally",
            "tools",
            "delivery",
            "instances",
        ],
    ),
    ("results", &["auth", "contact", "events", "vapi"]),
    ("contact", &["auth", "vapi"]),
    (
        "delivery",
        &["auth", "events", "instances", "subscriptions"],
    ),
    ("subscriptions", &["auth", "events"]),
    ("retention", &["instances"]),
    ("campaigns", &["auth", "calls", "delivery", "tally"]),
    ("tally", &["events"]),
    ("schedule", &["auth", "calls"]),
    (
        "calls",
        &[
            "auth",
            "contact",
            "delivery",
            "events",
            "idempotency",
            "instances",
            "results",
            "tally",
            "vapi",
        ],
    ),
    ("events", &["auth"]),
    ("sessions", &["auth", "contact", "results", "vapi"]),
    (
        "tools",
        &["auth", "delivery", "events", "instances", "vapi"],
    ),
    ("listen", &["delivery"]),
    ("trial", &["auth", "delivery", "events", "subscriptions"]),
];

const ROUTER_ALONE_IMPORTS: [&str; 2] = ["dashboard", DOOR];

/// Who starts it, who leads to it, who tells how it is, and who measures what it costs.
const WHO_IMPORTS_INGEST: [&str; 4] = ["run", "router", DOOR, "bench"];

const COMMANDS_IMPORT: [&str; 13] = [
    "run", "openapi", "auth", "app", "infra", "config", "simulate", "listen", "bench", "trial",
    "vapi", "copy", "backup",
];

pub fn complaints(files: &[File]) -> Vec<String> {
    let ours = files.iter().filter(|file| file.path.starts_with("src/"));
    ours.flat_map(complaints_of).collect()
}

/// The name under which a path stands in the tables: its first module, or `http` for a door.
fn place(path: &[impl AsRef<str>]) -> &str {
    match path {
        [_, door, ..] if door.as_ref() == DOOR => DOOR,
        [module, ..] => module.as_ref(),
        [] => "lib",
    }
}

fn place_of(file: &File) -> String {
    if file.path == "src/main.rs" {
        "main".to_owned()
    } else {
        place(&file.module()).to_owned()
    }
}

fn layer(place: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&place))
}

fn complaints_of(file: &File) -> Vec<String> {
    let from = place_of(file);
    if layer(&from).is_none() {
        return vec![format!(
            "{}: say in tests/tidy/law.rs where `{from}` stands",
            file.path
        )];
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for Import { path, line } in imports(file) {
        let is_own = path.first().map(String::as_str) == file.module().first().copied();
        let is_at_home = is_own && (place(&path) == from || from == DOOR);
        if is_at_home || !seen.insert(path.clone()) {
            continue;
        }
        if let Some(rule) = broken_rule(&from, place(&path)) {
            let named = path.join("::");
            found.push(format!(
                "{}:{line} imports crate::{named}, but {rule}",
                file.path
            ));
        }
    }
    found
}

fn broken_rule(from: &str, to: &str) -> Option<String> {
    let (Some(above), Some(below)) = (layer(from), layer(to)) else {
        return Some(format!(
            "tests/tidy/law.rs does not say where `{to}` stands"
        ));
    };
    let drawn = |(tail, heads): &(&str, &[&str])| *tail == from && heads.contains(&to);
    if ROUTER_ALONE_IMPORTS.contains(&to) {
        (from != "router").then(|| format!("only `router` imports `{to}`"))
    } else if to == "ingest" {
        (!WHO_IMPORTS_INGEST.contains(&from))
            .then(|| format!("only {WHO_IMPORTS_INGEST:?} import `ingest`"))
    } else if from == "cli" {
        (!COMMANDS_IMPORT.contains(&to)).then(|| format!("`cli` imports {COMMANDS_IMPORT:?} alone"))
    } else if DOMAIN.contains(&from) && DOMAIN.contains(&to) {
        (!ARROWS.iter().any(drawn)).then(|| format!("no arrow leads from `{from}` to `{to}`"))
    } else if above == below {
        Some(format!("`{from}` and `{to}` stand side by side"))
    } else {
        (above > below).then(|| format!("`{from}` stands below `{to}`"))
    }
}

#[cfg(test)]
fn objections(path: &str, code: &str) -> String {
    complaints(&[File::new(path, code)]).join("\n")
}

#[test]
fn the_good_arrows_are_let_through() {
    assert_eq!(
        objections("src/main.rs", "use ringback::{cli, infra::telemetry};"),
        ""
    );
    assert_eq!(
        objections(
            "src/router.rs",
            "use crate::{ingest, calls::http, dashboard};"
        ),
        ""
    );
    assert_eq!(
        objections(
            "src/calls/http.rs",
            "use crate::{auth::Caller, results}; use super::store;"
        ),
        ""
    );
    assert_eq!(
        objections(
            "src/ingest/record.rs",
            "use crate::{delivery::queue, error::Error};"
        ),
        ""
    );
    assert_eq!(
        objections(
            "src/delivery/mod.rs",
            "use retry::next; mod retry; use super::events;"
        ),
        ""
    );
}

#[test]
fn each_wrong_arrow_is_named_with_its_rule() {
    let cases = [
        (
            "src/infra/db.rs",
            "use crate::app::App;",
            "src/infra/db.rs:1 imports crate::app::App, but `infra` stands below `app`",
        ),
        ("src/error.rs", "use crate::config;", "side by side"),
        (
            "src/calls/store.rs",
            "use crate::sessions;",
            "no arrow leads from `calls` to `sessions`",
        ),
        (
            "src/calls/store.rs",
            "use crate::ingest::spool;",
            "[\"run\", \"router\", \"http\", \"bench\"] import `ingest`",
        ),
        (
            "src/calls/store.rs",
            "use super::http;",
            "only `router` imports `http`",
        ),
        (
            "src/calls/http.rs",
            "use crate::auth::http::who;",
            "only `router` imports `http`",
        ),
        ("src/cli/mod.rs", "use crate::calls;", "`cli` imports"),
        (
            "src/utils.rs",
            "",
            "say in tests/tidy/law.rs where `utils` stands",
        ),
        (
            "src/app.rs",
            "use crate::utils;",
            "does not say where `utils` stands",
        ),
    ];
    for (path, code, rule) in cases {
        let said = objections(path, code);
        assert!(said.contains(rule), "{path}: {code}\nsaid: {said}");
    }
}
