//! Each place where ringback is deployed sets only what it knows, to what it understands.

use std::collections::BTreeMap;

use ringback::config::{Config, Environment};
use serde_json::Value;

use super::{image_says, list, pod, replicas, text, unit_says};

/// In place of what whoever deploys it must bring.
const BROUGHT: [(&str, &str); 5] = [
    (
        "DATABASE_URL",
        "postgres://ringback:secret@postgres/ringback",
    ),
    (
        "RINGBACK_KEYS",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ),
    ("WEBHOOK_SHARED_SECRET", "a-shared-secret"),
    (
        "RINGBACK_ADMIN_KEY",
        "an-admin-key-that-only-the-tests-have",
    ),
    ("POSTGRES_PASSWORD", "secret"),
];

/// Where, and what is set there: `None` where it comes from a secret.
fn deployed() -> Vec<(&'static str, BTreeMap<String, Option<String>>)> {
    let pair = |line: &str| {
        let (name, value) = line.split_once('=').unwrap();
        (name.to_owned(), Some(value.to_owned()))
    };
    let image = image_says("ENV").join(" ");
    let [compose, _] = replicas();
    let compose = compose["environment"].as_object().unwrap().clone();
    let (container, _) = pod();
    let named = |variable: &Value| {
        let value = variable["value"].as_str().map(str::to_owned);
        (variable["name"].as_str().unwrap().to_owned(), value)
    };
    vec![
        ("Dockerfile", image.split_whitespace().map(pair).collect()),
        (
            "compose.yaml",
            compose
                .into_iter()
                .map(|(name, value)| (name, value.as_str().map(str::to_owned)))
                .collect(),
        ),
        (
            "statefulset.yaml",
            list(&container["env"]).iter().map(named).collect(),
        ),
        (
            "ringback.service",
            unit_says("Environment")
                .iter()
                .map(|line| pair(line))
                .collect(),
        ),
    ]
}

fn brought(name: &str) -> Option<String> {
    let (_, value) = BROUGHT.iter().find(|(known, _)| *known == name)?;
    Some((*value).to_owned())
}

/// `${NAME:?why}`, filled in.
fn filled_in(value: &str) -> String {
    let Some((before, rest)) = value.split_once("${") else {
        return value.to_owned();
    };
    let (variable, after) = rest.split_once('}').unwrap();
    let (name, _) = variable.split_once(":?").unwrap();
    format!("{before}{}{}", brought(name).unwrap(), filled_in(after))
}

#[test]
fn each_variable_is_one_that_it_knows_and_understands() {
    for (place, variables) in deployed() {
        assert!(!variables.is_empty(), "{place}");
        let values = variables.iter().filter_map(|(name, value)| {
            let value = value.as_deref().map(filled_in).or_else(|| brought(name))?;
            Some((name.clone(), value))
        });
        let environment = Environment::of_pairs(values);
        Config::read(&environment).unwrap_or_else(|error| panic!("{place}: {error}"));
        let known = environment.known_names();
        for name in variables.keys() {
            assert!(
                known.contains(&name.as_str()),
                "{place}: there is no setting {name}"
            );
        }
    }
}

#[test]
fn compose_starts_with_no_secret_of_its_own() {
    let compose = text("compose.yaml");
    for variable in compose.split("${").skip(1) {
        let (variable, _) = variable.split_once('}').unwrap();
        let why = variable.split_once(":?").map(|(_, why)| why);
        assert!(
            why.is_some_and(|why| why.contains("openssl rand")),
            "{variable} has a default"
        );
    }
    for name in [
        "RINGBACK_KEYS",
        "WEBHOOK_SHARED_SECRET",
        "RINGBACK_ADMIN_KEY",
    ] {
        assert!(compose.contains(&format!("{name}: ${{{name}:?")), "{name}");
    }
}

/// Services of one namespace are told to every pod, and one of ours is called `ringback`.
#[test]
fn kubernetes_sets_nothing_that_looks_like_a_setting() {
    let (_, pod) = pod();
    assert_eq!(pod["enableServiceLinks"], false);
}
