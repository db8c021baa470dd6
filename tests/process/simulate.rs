//! `ringback simulate`: where its secret comes from, what it prints, how it ends.

use std::process::Output;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::support::Home;

#[path = "../api/simulate/receiver.rs"]
mod receiver;
use receiver::{Heard, Receiver};

fn simulate(home: &Home, receiver: &Receiver, more: &[&str]) -> Output {
    let fast = ["simulate", "--speed", "0", "--rate", "0", "--calls", "3"];
    let to = ["--target", &receiver.url];
    home.run(&[&fast, &to[..], more].concat())
}

#[track_caller]
fn good(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn is_signed(heard: &Heard, secret: &str) -> bool {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(&heard.body);
    heard.headers["x-vapi-signature"] == hex::encode(mac.finalize().into_bytes())
}

#[test]
fn it_signs_with_the_secret_that_a_server_has_made_here() {
    let (home, receiver) = (Home::embedded(), Receiver::patient());
    drop(home.serve());
    let told = good(simulate(&home, &receiver, &[]));
    let secret = std::fs::read_to_string(home.file("ringback-data/vapi-webhook-secret")).unwrap();
    let heard = receiver.heard();
    assert!(heard.iter().all(|heard| is_signed(heard, secret.trim())));
    assert!(
        told.contains(&format!("3 calls, {} messages", heard.len())),
        "{told}"
    );
    for call in heard.iter().map(Heard::call_id) {
        assert!(told.contains(&call), "{told}");
    }
}

#[test]
fn what_is_said_goes_before_what_is_set() {
    let home = Home::embedded().with("VAPI_WEBHOOK_SECRET", "set,and-before");
    std::fs::write(home.file("secret"), "of-the-file\n").unwrap();
    for (said, secret) in [
        (&[][..], "set"),
        (&["--secret", "said"], "said"),
        (&["--secret-file", "secret"], "of-the-file"),
    ] {
        let receiver = Receiver::patient();
        good(simulate(&home, &receiver, said));
        assert!(
            receiver
                .heard()
                .iter()
                .all(|heard| is_signed(heard, secret))
        );
    }
}

#[test]
fn where_only_the_shared_secret_is_set_it_is_sent_as_it_is() {
    let home = Home::embedded().with("WEBHOOK_SHARED_SECRET", "shared");
    let receiver = Receiver::patient();
    good(simulate(&home, &receiver, &[]));
    let heard = receiver.heard();
    assert!(
        heard
            .iter()
            .all(|it| it.headers["x-vapi-secret"] == "shared")
    );
}

#[test]
fn without_any_secret_it_says_where_one_could_come_from() {
    let home = Home::embedded();
    let told = home.refusal(&["simulate"]);
    for way in ["VAPI_WEBHOOK_SECRET", "--secret-file", "ringback-data"] {
        assert!(told.contains(way), "{told}");
    }
    assert!(!home.file("ringback-data").exists());
}

#[test]
fn a_seed_is_played_again_to_the_byte() {
    let home = Home::embedded();
    let played = |seed: &str| {
        let receiver = Receiver::patient();
        good(simulate(
            &home,
            &receiver,
            &["--proof", "none", "--seed", seed],
        ));
        let mut bodies: Vec<_> = receiver.heard().into_iter().map(|it| it.body).collect();
        bodies.sort();
        bodies
    };
    let (once, again, other) = (played("7"), played("7"), played("8"));
    assert!(once == again && once != other);
}

#[test]
fn a_program_can_read_what_it_prints() {
    let (home, receiver) = (Home::embedded(), Receiver::patient());
    let told = good(simulate(
        &home,
        &receiver,
        &["--proof", "none", "--seed", "7", "--json"],
    ));
    let lines: Vec<Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    assert!(
        lines[..3]
            .iter()
            .all(|line| line["call"]["expected"]["status"].is_string())
    );
    let summary = &lines[3]["summary"];
    assert_eq!(
        (&summary["seed"], &summary["calls"]),
        (&7.into(), &3.into())
    );
    assert_eq!(summary["sent"], receiver.heard().len());
    assert_eq!(summary["accepted"], summary["sent"]);
    assert!(summary["p99_ms"].is_number());
    let quiet = good(simulate(
        &home,
        &receiver,
        &["--proof", "none", "--json", "--quiet"],
    ));
    assert_eq!(quiet.lines().count(), 1);
}

#[test]
fn the_calls_have_the_owner_that_is_named() {
    let home = Home::embedded();
    for (arguments, owner) in [
        (&[][..], Value::from("admin")),
        (&["--owner", "acme"], "acme".into()),
        (&["--owner", ""], Value::Null),
    ] {
        let receiver = Receiver::patient();
        let arguments = [&["--proof", "none"], arguments].concat();
        good(simulate(&home, &receiver, &arguments));
        for heard in receiver.heard() {
            let overrides = &heard.message()["call"]["assistantOverrides"];
            assert_eq!(overrides["metadata"]["ownerId"], owner);
        }
    }
}

#[test]
fn a_refusal_is_told_in_one_line_and_by_the_exit_code() {
    let home = Home::embedded();
    let receiver = Receiver::answering(|_| Some(401));
    let output = simulate(&home, &receiver, &["--proof", "none"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(
        told.contains("with 401") && told.contains("--proof"),
        "{told}"
    );
}

#[test]
fn where_nobody_listens_it_ends_with_one_line() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("http://{}/webhook", listener.local_addr().unwrap());
    drop(listener);
    let told = Home::embedded().refusal(&["simulate", "--proof", "none", "--target", &target]);
    assert!(told.contains(&target), "{told}");
}
