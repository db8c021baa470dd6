//! What makes an event known again when it comes twice.
//!
//! Vapi puts no id on its messages, and repeats one whenever it did not hear our answer. So each
//! kind of event is told by what cannot change between two deliveries of it: a report by what it
//! brings, and not by the addresses in it that are signed anew each time; a line by its speaker, its
//! moment and its words. Where nothing better is known, the bytes of the body must do.
//!
//! An identity is a byte string that is hashed before it is kept. Each begins with its kind, and
//! each part with its length, so that no two different ones are ever spelled alike.

use sea_orm::ActiveEnum;
use sha2::{Digest, Sha256};

use super::{
    message::{CallFacts, Message, Results, Said},
    presigned::take_out_presigned,
};

/// Of the event as a whole. `body` is what it was understood from.
pub fn of_event(message: &Message, body: &[u8]) -> Vec<u8> {
    let known = message
        .call
        .as_ref()
        .and_then(|call| of_news(message, call));
    known.unwrap_or_else(|| spelled("body", [Some(&Sha256::digest(body)[..])]))
}

/// Of one tool call, under which its answer is kept. Models of other makers than OpenAI number
/// their calls from one, so an id is good within its phone call only.
pub fn of_tool_call(call_id: &str, tool_call_id: &str) -> Vec<u8> {
    spelled(
        "tool call",
        [call_id, tool_call_id].map(|part| Some(part.as_bytes())),
    )
}

/// Of a delivery that came under a verified `webhook-id`.
pub fn of_webhook_id(webhook_id: &str) -> Vec<u8> {
    spelled("webhook", [Some(webhook_id.as_bytes())])
}

/// Nothing where only the body can tell.
fn of_news(message: &Message, call: &CallFacts) -> Option<Vec<u8>> {
    let call_id = Some(call.vapi_id.as_bytes());
    let at = message.occurred_at.map(i64::to_be_bytes);
    let at = at.as_ref().map(|bytes| &bytes[..]);
    let results = message.results.as_ref().map(digest);
    let results = results.as_ref().map(|bytes| &bytes[..]);
    match &message.said {
        Said::Report(_) => Some(spelled("report", [call_id, results])),
        Said::Status(_) | Said::Ended(_) => {
            let status = message.status()?.to_value();
            let status = Some(status.as_bytes());
            Some(spelled("status", [call_id, status, at, results]))
        }
        Said::Transcript { line, is_final } => {
            let kind = if *is_final { "line" } else { "partial line" };
            let role = Some(line.role.as_str().as_bytes());
            let text = Some(line.text.as_bytes());
            at.map(|at| spelled(kind, [call_id, role, Some(at), text]))
        }
        Said::ToolCalls(calls) if !calls.is_empty() => {
            let ids = calls.iter().map(|call| call.id.as_deref());
            let ids: Vec<&str> = ids.collect::<Option<_>>()?;
            let ids = ids.into_iter().map(|id| Some(id.as_bytes()));
            Some(spelled("tool calls", [call_id].into_iter().chain(ids)))
        }
        _ => None,
    }
}

/// SHA-256 of what a report brings. Names are sorted, so the order in which Vapi wrote them is none
/// of it. Results are made of plain JSON, so that they can be written is certain.
fn digest(results: &Results) -> [u8; 32] {
    let mut results = serde_json::to_value(results).unwrap_or_default();
    take_out_presigned(&mut results);
    let written = serde_json::to_vec(&results).unwrap_or_default();
    Sha256::digest(written).into()
}

/// One way to write each list of parts: whether it is there, how long it is, what it is.
fn spelled<'a>(kind: &'a str, parts: impl IntoIterator<Item = Option<&'a [u8]>>) -> Vec<u8> {
    let mut out = Vec::new();
    for part in [Some(kind.as_bytes())].into_iter().chain(parts) {
        out.push(u8::from(part.is_some()));
        if let Some(part) = part {
            out.extend_from_slice(&(part.len() as u64).to_be_bytes());
            out.extend_from_slice(part);
        }
    }
    out
}

#[cfg(test)]
mod tests;
