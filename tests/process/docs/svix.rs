//! Moving from Svix: its API is played, and what it was told is subscribed at a real server.

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::{ADMIN, Home, Receiver, Reply};

const EXPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/svix/export.mjs");
const MOVE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/svix/move.mjs");
const SAMPLE: &str = include_str!("../../../examples/svix/sample.json");

fn node(arguments: &[&str], variables: &[(&str, &str)]) -> Option<Output> {
    let mut node = crate::examples::interpreter("TEST_NODE", "svix")?;
    node.args(arguments).envs(variables.iter().copied());
    Some(ended(&mut node))
}

fn ended(command: &mut Command) -> Output {
    command.output().unwrap()
}

/// What Svix answers to the export, in the order in which it is asked.
fn answers(applications: &Value) -> Vec<Reply> {
    let page = |data: Value| json!({"data": data, "iterator": "i", "done": true});
    let mut answers = vec![page(applications.clone())];
    for application in applications.as_array().unwrap() {
        answers.push(page(application["endpoints"].clone()));
        for endpoint in application["endpoints"].as_array().unwrap() {
            answers.push(json!({"key": endpoint["secret"]}));
            answers.push(json!({"headers": endpoint["headers"], "sensitive": []}));
        }
    }
    answers.into_iter().map(Reply::from).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_export_is_what_the_sample_shows() {
    let svix = Receiver::start().await;
    let sample: Value = serde_json::from_str(SAMPLE).unwrap();
    svix.replies(answers(&sample));
    let url = svix.url();
    let origin = url
        .strip_suffix("/hook")
        .unwrap_or(&url)
        .trim_end_matches('/');
    let variables = [("SVIX_URL", origin), ("SVIX_TOKEN", "token")];
    let Some(output) = node(&[EXPORT], &variables) else {
        return;
    };
    assert!(output.status.success(), "{output:?}");
    let exported: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(exported, sample);
    let paths: Vec<_> = svix
        .requests()
        .into_iter()
        .map(|heard| heard.path)
        .collect();
    assert!(
        paths[2].ends_with("/endpoint/ep_2oXkr8Qd4Jm6wFzV0cTgUy3nHbP/secret/"),
        "{paths:?}"
    );
}

#[tokio::test]
async fn each_endpoint_is_subscribed_for_its_owner_with_its_own_secret() {
    let home = Home::configured().await;
    let server = home.serve();
    let base = server.base();
    let mut export: Value = serde_json::from_str(SAMPLE).unwrap();
    let others = json!({"url": "https://hooks.example.com/else", "filterTypes": ["invoice.paid"],
        "headers": {}, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"});
    export[0]["endpoints"].as_array_mut().unwrap().push(others);
    std::fs::write(home.file("svix.json"), export.to_string()).unwrap();
    let file = home.file("svix.json");
    let variables = [("RINGBACK_URL", base.as_str()), ("RINGBACK_KEY", ADMIN)];
    // The second time changes nothing.
    for _ in 0..2 {
        let Some(output) = node(&[MOVE, file.to_str().unwrap()], &variables) else {
            return home.leave().await;
        };
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.contains("/else stays: none of its events is known here"),
            "{said}"
        );
    }

    let owner = json!({"name": "n", "role": "user", "owner": "acme"});
    let key = server.post("/api/v1/keys", ADMIN, "k", &owner).await["key"].clone();
    let list = server
        .list("/api/v6/call/webhook/subscriptions", key.as_str().unwrap())
        .await;
    let subscriptions = list["subscriptions"].as_array().unwrap();
    assert_eq!(subscriptions.len(), 2, "{list}");
    let [archive, crm] = &subscriptions[..] else {
        panic!("two")
    };
    assert_eq!(crm["webhook_url"], "https://hooks.example.com/calls");
    assert_eq!(crm["events"], json!(["call.completed", "call.failed"]));
    assert_eq!(
        (&crm["description"], &crm["rate_per_second"]),
        (&json!("CRM"), &json!(50))
    );
    assert_eq!(
        (&crm["is_active"], &archive["is_active"]),
        (&json!(true), &json!(false))
    );
    let again = json!({"webhook_url": crm["webhook_url"], "secret_key": export[0]["endpoints"][0]["secret"]});
    let same = server
        .post(
            "/api/v6/call/webhook/subscribe",
            key.as_str().unwrap(),
            "s",
            &again,
        )
        .await;
    assert_eq!(same["secret_key"], again["secret_key"], "{same}");
    drop(server);
    home.leave().await;
}
