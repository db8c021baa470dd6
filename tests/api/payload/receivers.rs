//! Receivers that others have written take what we sign, and refuse what somebody else signed: the
//! ten lines of an Express receiver that hashes `JSON.stringify(req.body)`, and the published
//! libraries of Standard Webhooks.

use std::collections::BTreeMap;

use ringback::{
    delivery::sign::{Attempt, Signers, SigningSecret, sign},
    infra::clock::Clock,
};
use serde_json::json;

use super::{made_by, nasty, payload};
use crate::support::program;

/// Every third is by another secret than the receiver's, and every fifth comes during a rotation.
struct Delivery {
    is_good: bool,
    line: String,
}

fn deliveries() -> Vec<Delivery> {
    let receivers = SigningSecret::generate();
    let now = Clock::system().now();
    let payloads = made_by(nasty::object(), payload);
    let signed = payloads.into_iter().enumerate().map(|(at, body)| {
        let is_good = at % 3 != 0;
        let signers = Signers {
            current: match is_good {
                true => receivers.clone(),
                false => SigningSecret::generate(),
            },
            previous: (at % 5 == 0).then(SigningSecret::generate),
        };
        let attempt = Attempt {
            id: &format!("evt_{at}"),
            event: "call.completed",
            at: now,
            number: 1,
            is_replay: false,
        };
        let headers = sign(attempt, &body, &signers).unwrap();
        let headers: BTreeMap<_, _> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        let request = json!({
            "secret": receivers.text().expose(),
            "headers": headers,
            "body": String::from_utf8(body).unwrap(),
        });
        Delivery {
            is_good,
            line: format!("{request}\n"),
        }
    });
    signed.collect()
}

fn assert_judges_well(needed: &[&str], script: &str) {
    let deliveries = deliveries();
    let lines: String = deliveries.iter().map(|one| one.line.as_str()).collect();
    let Some(accepted) = program::answer(needed, script, lines.into_bytes()) else {
        return;
    };
    let good: Vec<_> = deliveries.iter().map(|one| one.is_good).collect();
    let accepted: Vec<bool> = serde_json::from_value(accepted).unwrap();
    assert_eq!(accepted.len(), good.len());
    let wrong = (0..good.len()).find(|&at| accepted[at] != good[at]);
    if let Some(at) = wrong {
        panic!("{script} says {} of {}", accepted[at], deliveries[at].line);
    }
}

#[test]
fn a_receiver_of_ten_lines_verifies_what_it_parsed_and_wrote_again() {
    assert_judges_well(&["TEST_NODE"], "api/payload/express.js");
}

#[test]
fn the_library_for_javascript_verifies() {
    assert_judges_well(
        &["TEST_NODE", "TEST_NODE_MODULES"],
        "api/payload/library.js",
    );
}

#[test]
fn the_library_for_python_verifies() {
    assert_judges_well(&["TEST_PYTHON"], "api/payload/library.py");
}
