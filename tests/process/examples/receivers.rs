//! Every receiver takes what is signed rightly, refuses what is not, and acts once.

use std::process::Command;

use reqwest::header::{HeaderMap, HeaderName};
use ringback::{
    delivery::sign::{Attempt, Signers, SigningSecret, sign},
    infra::clock::Clock,
};
use serde_json::{Value, json};

use super::program::{Program, file, node_with_packages, on_path, script, skipped};
use crate::support::{Home, client};

/// Whatever trips a receiver that parses before it hashes, as far as ringback sends it.
const BODY: &str = r#"{"id":"evt_1","event":"call.completed","callId":"call-1","status":"completed","sequence":4,"timestamp":"2026-01-02T03:04:05.678Z","data":{"1":true,"cost":0.1,"big":1e+21,"note":"Zoë said “<b>yes</b>” & left 😀","analysis":{"summary":"a/b"}}}"#;
const X_SIGNATURE: HeaderName = HeaderName::from_static("x-webhook-signature");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

struct Subscriber {
    program: Program,
    secret: SigningSecret,
}

impl Subscriber {
    fn start(mut command: Command) -> Self {
        let secret = SigningSecret::generate();
        command.env("WEBHOOK_SECRET", secret.text().expose());
        Self {
            program: Program::start(command),
            secret,
        }
    }

    async fn hears(&self, headers: HeaderMap, body: &str) -> (u16, Value) {
        let url = format!("{}/api/webhook", self.program.origin);
        let request = client().post(url).headers(headers).body(body.to_owned());
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap())
    }

    async fn is_told(&self, id: &str, secret: &SigningSecret) -> (u16, Value) {
        self.hears(signed(id, secret), BODY).await
    }
}

fn signed(id: &str, secret: &SigningSecret) -> HeaderMap {
    let attempt = Attempt {
        id,
        event: "call.completed",
        at: Clock::system().now(),
        number: 1,
        is_replay: false,
    };
    let signers = Signers {
        current: secret.clone(),
        previous: None,
    };
    sign(attempt, BODY.as_bytes(), &signers).unwrap()
}

async fn proves_itself(command: Option<Command>) {
    let Some(command) = command else {
        return;
    };
    let subscriber = Subscriber::start(command);
    let secret = &subscriber.secret;
    let taken = (200, json!({"success": true}));
    let taken_before = (200, json!({"success": true, "duplicate": true}));
    assert_eq!(subscriber.is_told("evt_1", secret).await, taken);
    assert_eq!(subscriber.is_told("evt_1", secret).await, taken_before);

    let wrong = SigningSecret::generate();
    assert_eq!(subscriber.is_told("evt_2", &wrong).await.0, 401);
    let changed = BODY.replace("completed", "cancelled");
    assert_eq!(
        subscriber.hears(signed("evt_2", secret), &changed).await.0,
        401
    );
    let mut unsigned = signed("evt_2", secret);
    unsigned.remove(X_SIGNATURE);
    unsigned.remove(SIGNATURE);
    assert_eq!(subscriber.hears(unsigned, BODY).await.0, 401);
    for nonsense in ["", "sha256=", "sha256=zz", "v1,", "sha256=00"] {
        let mut headers = signed("evt_2", secret);
        headers.insert(X_SIGNATURE, nonsense.parse().unwrap());
        headers.insert(SIGNATURE, nonsense.parse().unwrap());
        assert_eq!(subscriber.hears(headers, BODY).await.0, 401, "{nonsense}");
    }
    subscriber.program.hears_half("/api/webhook");
    // What was refused has not been taken for seen.
    assert_eq!(subscriber.is_told("evt_2", secret).await, taken);
}

#[tokio::test]
async fn the_one_in_express_does() {
    proves_itself(node_with_packages("express/receiver.js")).await;
}

#[tokio::test]
async fn the_one_in_node_alone_does() {
    proves_itself(script("TEST_NODE", "node/receiver.js")).await;
}

#[tokio::test]
async fn the_one_with_the_published_library_does() {
    proves_itself(node_with_packages("standard-webhooks/receiver.js")).await;
}

#[tokio::test]
async fn the_one_in_python_alone_does() {
    proves_itself(script("TEST_PYTHON", "python/receiver.py")).await;
}

#[tokio::test]
async fn the_one_in_fastapi_does() {
    proves_itself(script("TEST_PYTHON", "python-fastapi/receiver.py")).await;
}

#[tokio::test]
async fn the_one_in_go_does() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut go) = on_path("go", "version", "go") else {
        return;
    };
    let binary = folder.path().join("receiver");
    let built = go
        .args(["build", "-o"])
        .arg(&binary)
        .arg(".")
        .current_dir(file("go"));
    assert!(built.status().unwrap().success());
    proves_itself(Some(Command::new(binary))).await;
}

/// PHP does not say which port it took, so it is given one that is free.
#[tokio::test]
async fn the_one_in_php_does() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut php) = on_path("php", "--version", "php") else {
        return;
    };
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    php.args(["-S", &address]).arg(file("php/receiver.php"));
    php.env("SEEN_FOLDER", folder.path());
    proves_itself(Some(php)).await;
}

/// Cargo builds it with the tests, beside the binary.
#[tokio::test]
async fn the_one_in_rust_does() {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_ringback"));
    let example = binary.with_file_name("examples").join("rust");
    if !example.exists() {
        return skipped("rust", "`cargo build --example rust`");
    }
    proves_itself(Some(Command::new(example))).await;
}

/// The whole way: a subscription of a real server, whose sample the receiver takes by the secret that
/// subscribing gave.
#[tokio::test]
async fn a_real_server_delivers_to_the_one_in_express() {
    let Some(mut command) = node_with_packages("express/receiver.js") else {
        return;
    };
    let secret = SigningSecret::generate();
    command.env("WEBHOOK_SECRET", secret.text().expose());
    let receiver = Program::start(command);
    let home = Home::embedded();
    let server = home.dev();
    for (secret, status) in [(secret, 200), (SigningSecret::generate(), 401)] {
        let sample = json!({
            "webhook_url": format!("{}/api/webhook", receiver.origin),
            "event_type": "call.completed",
            "secret_key": secret.text().expose(),
        });
        let url = format!("{}/api/v6/call/webhook/test", server.base());
        let answer = client().post(url).json(&sample).send().await.unwrap();
        let told: Value = answer.json().await.unwrap();
        assert_eq!(told["delivered"], status == 200, "{told}");
        assert!(
            told.to_string().contains(&format!("\"status\":{status}")),
            "{told}"
        );
    }
}
