//! Asking a tool: one POST, signed like a delivery, to where packets may go.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::json;

use super::{
    Outcome,
    answer::{self, Failing},
    question::Question,
    registry::Tool,
};
use crate::{
    app::App,
    delivery::sign::{Attempt, sign},
    events::stable,
    infra::egress::{self, Answer, Outgoing},
};

/// What `x-webhook-event` says of it.
const EVENT: &str = "tool.call";
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Asks, and makes one line of whatever comes back.
pub(super) async fn forward(app: &App, tool: &Tool, question: &Question) -> Outcome {
    let outcome = exchange(app, tool, question).await;
    outcome.map_err(|failing| {
        tracing::warn!(
            tool = %tool.id,
            name = %tool.name,
            call = ?question.call_id,
            ?failing,
            "a tool did not answer"
        );
        failing.said_of(&tool.name, tool.timeout)
    })
}

async fn exchange(app: &App, tool: &Tool, question: &Question) -> Result<String, Failing> {
    let key = format!("tcl_{}", hex::encode(&question.digest[..16]));
    let body = body(&key, question);
    let request = Outgoing {
        url: tool.url.clone(),
        headers: headers(app, tool, &key, &body).ok_or(Failing::Unsent)?,
        body,
        timeout: tool.timeout,
        response_bytes_max: ANSWER_BYTES_MAX,
    };
    match app.egress.send(request).await {
        egress::Outcome::Answered(answer) => read(&answer),
        egress::Outcome::Failed(failure) => Err(Failing::of(failure.kind, failure.hint)),
    }
}

fn body(key: &str, question: &Question) -> Bytes {
    let id = question.id.as_deref().unwrap_or(key);
    let body = stable::object(&[
        ("id", json!(id)),
        ("name", json!(question.name)),
        ("parameters", json!(question.parameters)),
        ("callId", json!(question.call_id)),
    ]);
    body.into()
}

/// The key is the receiver's to know a repetition by; each tool call has one.
fn headers(app: &App, tool: &Tool, key: &str, body: &[u8]) -> Option<HeaderMap> {
    let attempt = Attempt {
        id: key,
        event: EVENT,
        at: app.clock.now(),
        number: 1,
        is_replay: false,
    };
    sign(attempt, body, &tool.signers).ok()
}

fn read(answer: &Answer) -> Result<String, Failing> {
    match (answer.is_success(), answer.truncated) {
        (false, _) => Err(Failing::Status(answer.status.as_u16())),
        (true, true) => Err(Failing::TooLong),
        (true, false) => answer::one_line(&answer.body),
    }
}
