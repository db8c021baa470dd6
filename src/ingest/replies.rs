//! How each address answers, and how Vapi's questions are answered.
//!
//! An address keeps the shape that its first users wrote down. A question of
//! Vapi's is answered with Vapi's own body at every address, because Vapi
//! reads nothing else.

use serde_json::{Map, Value, json};

use super::Address;
use crate::{tools::Answered, vapi::message::Shape};

const REPORT: &str = "end-of-call-report";

/// What became of an event that was no question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Recorded,
    Duplicate,
    /// In the spool, until the database is back.
    Queued,
}

pub(super) fn acknowledged(
    address: Address,
    kind: &str,
    call_id: Option<&str>,
    fate: Fate,
) -> Value {
    let mut reply = match address {
        Address::Webhooks => json!({"success": true, "callId": call_id}),
        Address::Sessions => json!({"received": true}),
        Address::Vapi if kind == REPORT => {
            json!({"success": true, "message": "Webhook processed and cached successfully", "callId": call_id})
        }
        Address::Vapi | Address::VapiWebhooks => {
            json!({"success": true, "message": format!("Webhook processed: {kind}"), "callId": call_id})
        }
    };
    mark(&mut reply, fate);
    reply
}

/// `{"results":[…]}` in the order of the request; each a single line of text,
/// and 200 even where a tool failed, for Vapi ignores anything else.
pub(super) fn tool_results(answers: &[Answered]) -> Value {
    let results: Vec<_> = answers
        .iter()
        .map(|answered| {
            let mut entry = Map::new();
            entry.insert("toolCallId".to_owned(), answered.id.clone().into());
            entry.insert("name".to_owned(), answered.name.clone().into());
            match &answered.outcome {
                Ok(result) => entry.insert("result".to_owned(), result.clone().into()),
                Err(error) => entry.insert("error".to_owned(), error.clone().into()),
            };
            Value::Object(entry)
        })
        .collect();
    json!({ "results": results })
}

/// The answers that a reply of ours gave.
pub(super) fn tool_answers(reply: &Value) -> Vec<Answered> {
    let entries = reply["results"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let answered = entries.map(|entry| Answered {
        id: text(&entry["toolCallId"]),
        name: text(&entry["name"]).unwrap_or_default(),
        outcome: match text(&entry["result"]) {
            Some(result) => Ok(result),
            None => Err(text(&entry["error"]).unwrap_or_default()),
        },
        kept: false,
    });
    answered.collect()
}

/// The older question is answered with `result` alone, which holds an error
/// too where there is one.
pub(super) fn function_result(address: Address, shape: Shape, answered: &Answered) -> Value {
    let result = match &answered.outcome {
        Ok(result) => result.clone(),
        Err(error) => json!({ "error": error }).to_string(),
    };
    match (address, shape) {
        (Address::Sessions, Shape::Session) => json!({"received": true, "result": result}),
        _ => json!({ "result": result }),
    }
}

/// Who answers an inbound call that nobody was named for.
pub(super) fn assistant(assistant_id: Option<&str>) -> Value {
    match assistant_id {
        Some(id) => json!({ "assistantId": id }),
        None => {
            json!({"error": "This number is not set up to take calls yet. Please try again later."})
        }
    }
}

fn mark(reply: &mut Value, fate: Fate) {
    match fate {
        Fate::Recorded => {}
        Fate::Duplicate => reply["duplicate"] = true.into(),
        Fate::Queued => reply["queued"] = true.into(),
    }
}
