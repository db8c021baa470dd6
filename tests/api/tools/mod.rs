//! Tools: registered over HTTP, asked as the taking in of events asks them.

mod away;
mod forwarding;
mod registering;
mod repeats;
mod serving;

use ringback::{
    tools::{Answered, Asked},
    vapi::message::ToolCall,
};
use serde_json::{Value, json};

use crate::support::{Receiver, TestApp};

const CALL: &str = "019a9ccb-ea3e-777e-924a-d4c8f7483d58";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A tool of this caller's at this receiver; its id.
async fn register(app: &TestApp, token: &str, name: &str, at: &Receiver) -> String {
    let wanted = json!({
        "name": name, "url": at.url(), "parameters": {"type": "object"}, "secret_key": SECRET,
    });
    made(app, token, &wanted).await
}

async fn made(app: &TestApp, token: &str, wanted: &Value) -> String {
    let made = app.post("/api/v1/tools").by(token).json(wanted).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.body["tool"]["id"].as_str().unwrap().to_owned()
}

fn call(id: &str, name: &str) -> ToolCall {
    ToolCall {
        id: Some(id.to_owned()),
        name: name.to_owned(),
        parameters: json!({"order": "A-1"}),
    }
}

fn asked(calls: &[ToolCall]) -> Asked<'_> {
    Asked {
        vapi_call_id: CALL,
        calls,
        owner: None,
        body: b"a body",
    }
}

/// What a single call is answered.
async fn outcome(app: &TestApp, asked: &Asked<'_>) -> Result<String, String> {
    let answers = app.tools.answer_all(asked).await;
    let [answered] = &answers[..] else {
        panic!("one call, one answer: {answers:?}")
    };
    answered.outcome.clone()
}

#[track_caller]
fn assert_said(answered: &Answered, words: &str) {
    let error = answered.outcome.as_ref().unwrap_err();
    assert!(error.contains(words), "{error}");
}
