//! Results, as pollers read them: asked for, waited for, dismissed, kept.

mod dismissing;
mod logged;
mod polling;
mod records;
mod redis;
mod replicas;
mod waiting;

use serde_json::{Value, json};

use crate::support::{ADMIN_KEY, Answer, TestApp};

fn at(id: &str) -> String {
    format!("/api/v1/vapi/calls/{id}")
}

async fn result(app: &TestApp, token: &str, id: &str) -> Answer {
    app.get(&at(id)).by(token).await
}

/// Asserts that there is none, in the words that pollers know.
#[track_caller]
fn assert_none(answer: &Answer, id: &str) {
    assert_eq!(answer.status, 404, "{answer:?}");
    let expected = json!({
        "success": false,
        "code": "NOT_FOUND",
        "error": "Call result not found",
        "message": format!("No cached result found for call ID: {id}. It may have expired or not been received yet."),
    });
    assert_eq!(answer.body, expected);
}

async fn cache_stats(app: &TestApp) -> Value {
    let stats = app.get("/api/v1/vapi/cache/stats").by(ADMIN_KEY).await;
    assert_eq!(stats.status, 200, "{stats:?}");
    stats.body["stats"].clone()
}

async fn summary(app: &TestApp, token: &str, id: &str) -> Value {
    let answer = result(app, token, id).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["data"]["analysis"]["summary"].clone()
}
