//! `ringback verify`: what it prints, and how it ends.

use std::{fs::File, process::Output};

use ringback::{
    delivery::sign::{Attempt, Signers, SigningSecret, sign},
    infra::clock::Clock,
};
use serde_json::Value;

use crate::support::Home;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &str = r#"{"id":"evt_1","data":{"note":"a & b"}}"#;

/// A home where a delivery was received, and its headers as they are given.
fn received() -> (Home, Vec<String>) {
    let home = Home::embedded();
    std::fs::write(home.file("body"), BODY).unwrap();
    std::fs::write(home.file("secret"), format!("{SECRET}\n")).unwrap();
    let attempt = Attempt {
        id: "evt_1",
        event: "call.completed",
        at: Clock::system().now(),
        number: 1,
        is_replay: false,
    };
    let signers = Signers {
        current: SigningSecret::parse(SECRET).unwrap(),
        previous: None,
    };
    let headers = sign(attempt, BODY.as_bytes(), &signers).unwrap();
    let headers = headers.iter().flat_map(|(name, value)| {
        let line = format!("{name}: {}", value.to_str().unwrap());
        ["--header".to_owned(), line]
    });
    (home, headers.collect())
}

fn verify(home: &Home, headers: &[String], more: &[&str]) -> Output {
    let headers = headers.iter().map(String::as_str);
    let arguments: Vec<_> = ["verify"]
        .into_iter()
        .chain(headers)
        .chain(more.iter().copied())
        .collect();
    home.run(&arguments)
}

#[test]
fn a_good_delivery_ends_with_0_and_a_word_for_each_scheme() {
    let (home, headers) = received();
    for secret in [["--secret", SECRET], ["--secret-file", "secret"]] {
        let more = [&secret[..], &["--body", "body"]].concat();
        let output = verify(&home, &headers, &more);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            said,
            "x-webhook-signature: verified. The signature verifies.\n\
             webhook-signature: verified. The signature verifies.\n"
        );
    }
}

#[test]
fn one_that_was_spoilt_ends_with_1_and_the_reason() {
    let (home, headers) = received();
    std::fs::write(home.file("spoilt"), BODY.replace(',', ", ")).unwrap();
    let more = ["--secret", SECRET, "--body", "spoilt", "--json"];
    let output = verify(&home, &headers, &more);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["reason"], "body_rewritten");
    assert_eq!(said["checks"].as_array().map(Vec::len), Some(2));

    let other = ["--header".to_owned(), "content-type: text/plain".to_owned()];
    let output = verify(&home, &other, &["--secret", SECRET, "--body", "body"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("not verified. Neither x-webhook-signature"));
}

#[test]
fn standard_input_is_a_body_too() {
    let (home, headers) = received();
    let arguments: Vec<_> = headers.iter().map(String::as_str).collect();
    let arguments = [
        &["verify", "--secret", SECRET, "--body", "-"],
        &arguments[..],
    ]
    .concat();
    let body = File::open(home.file("body")).unwrap();
    let output = home.command(&arguments).stdin(body).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn what_cannot_be_asked_ends_with_2() {
    let (home, headers) = received();
    for more in [
        &["--body", "body"][..],
        &["--secret", SECRET],
        &["--secret", SECRET, "--body", "nowhere"],
        &["--secret-file", "nowhere", "--body", "body"],
        &["--secret", SECRET, "--body", "body", "--header", "no colon"],
    ] {
        let output = verify(&home, &headers, more);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
    let output = verify(&home, &[], &["--secret", SECRET, "--body", "body"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
