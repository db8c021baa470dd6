//! Words of others in the log of the real process: none of them becomes a line, or steers a terminal.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{ADMIN, Home, Server, client};

/// A line as ours are, in words that somebody else says.
const FORGED: &str = "a\r\n2026-01-01T00:00:00.000000Z  INFO forged\u{1b}[2J\u{9b}2J\u{7}\0";

/// Everything that somebody can say.
async fn say_it_everywhere(server: &Server) {
    let spelled: String = FORGED.bytes().map(|byte| format!("%{byte:02x}")).collect();
    server
        .get(&format!("/{spelled}?{spelled}"), Some(&spelled))
        .await;
    raw(
        server,
        "GET /\u{1b}[2J\u{7f}\u{9b} HTTP/1.1\r\nhost: a\r\n\r\n",
    )
    .await;
    raw(server, "GET / HTTP/1.1\r\nhost: a\r\nx-\u{1b}: b\r\n\r\n").await;
    raw(
        server,
        "G\u{7}T / HTTP/1.1\r\nhost: a\u{9b}\r\nx-request-id: \u{9b}\r\n\r\n",
    )
    .await;
    let call = json!({"id": FORGED, "metadata": {"ownerId": FORGED, FORGED: FORGED}});
    for message in [
        json!({"type": FORGED, "call": call}),
        json!({"type": "status-update", "status": FORGED, "call": call}),
        json!({"type": "tool-calls", "toolCallList": [{"id": FORGED, "function": {"name": FORGED}}], "call": call}),
        json!({"type": "end-of-call-report", "endedReason": FORGED, "call": call}),
    ] {
        server.hear(&json!({ "message": message })).await;
    }
    for (path, wanted) in [
        ("/api/v1/sessions", json!({"session_id": FORGED})),
        (
            "/api/v1/keys",
            json!({"name": FORGED, "role": "user", "owner": FORGED}),
        ),
        (
            "/api/v6/call/webhook/subscribe",
            json!({"webhook_url": FORGED, "description": FORGED}),
        ),
        ("/api/v1/vapi/webhook", json!({FORGED: FORGED})),
    ] {
        let request = client().post(format!("{}{path}", server.base()));
        let request = request.bearer_auth(ADMIN).header("x-vapi-secret", "wrong");
        request.json(&wanted).send().await.unwrap();
    }
}

/// Words that no client would send.
async fn raw(server: &Server, words: &str) {
    let authority = server.base().replace("http://", "");
    let mut peer = TcpStream::connect(authority).await.unwrap();
    peer.write_all(words.as_bytes()).await.unwrap();
    peer.shutdown().await.unwrap();
    // It may be reset, and that is an answer too.
    let _ = peer.read_to_end(&mut Vec::new()).await;
}

/// The log of a process that was told all of it.
async fn log_in(format: &str) -> String {
    let home = Home::configured().await;
    let home = home
        .with("RINGBACK_LOG_FORMAT", format)
        .with("RINGBACK_LOG", "debug");
    let server = home.serve();
    say_it_everywhere(&server).await;
    server.signal("TERM");
    assert!(server.wait().0, "{}", home.log());
    let log = home.log();
    home.leave().await;
    log
}

#[track_caller]
fn has_no_control_characters(log: &str) {
    let found = log.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(found, None, "{log:?}");
    assert!(log.lines().count() > 20, "{log}");
}

#[tokio::test]
async fn no_words_become_a_line_of_text() {
    let log = log_in("text").await;
    has_no_control_characters(&log);
    for line in log.lines() {
        let mut words = line.split_whitespace();
        let (at, level) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        assert!(
            at.parse::<chrono::DateTime<chrono::Utc>>().is_ok(),
            "{line:?}"
        );
        assert!(
            ["DEBUG", "INFO", "WARN", "ERROR"].contains(&level),
            "{line:?}"
        );
        assert_ne!(words.next(), Some("forged"), "{line:?}");
    }
}

#[tokio::test]
async fn no_words_become_a_line_of_json() {
    let log = log_in("json").await;
    has_no_control_characters(&log);
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line:?}"));
        assert!(line["level"].is_string(), "{line}");
        assert_ne!(line["message"], "forged");
    }
}
