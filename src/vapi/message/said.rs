//! What a message says: its type, and what that means for the call.

use entity::calls::CallStatus;
use serde_json::{Value, json};

use super::{
    reading::storable,
    results::conversation,
    shape::{Parts, Shape},
    speech::{Line, is_final, line, user_spoke},
    tools::{ToolCall, function_call, tool_calls},
};
use crate::vapi::outcome::End;

const REASON_CHARS_MAX: usize = 255;

#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// The call has come this far, and goes on.
    Status(CallStatus),
    /// The call is over.
    Ended(End),
    /// The call is over, and this is what it brought.
    Report(End),
    Transcript {
        line: Line,
        /// It will not be corrected by a later one.
        is_final: bool,
    },
    /// To be answered with `{"results":[…]}`, one for each.
    ToolCalls(Vec<ToolCall>),
    /// The older form, to be answered with `{"result":…}`.
    FunctionCall(ToolCall),
    /// To be answered with an assistant, or with an `error` that is spoken.
    AssistantRequest,
    /// Another request that Vapi waits on, with the answer of one who has none. Where that is
    /// missing the body stays empty: sound is expected, and JSON would be played as noise.
    Request { cannot: Option<Value> },
    /// Something went wrong in a session, in its own words.
    Error { message: Option<String> },
    /// All else, known or unknown. It is kept, and changes nothing.
    Other,
}

pub(super) fn said(parts: &Parts) -> Said {
    match (parts.shape, parts.kind) {
        (Shape::Session, "message") => transcript(parts),
        (Shape::Session, "call-end") => Said::Ended(end(parts)),
        (Shape::Session, "error") => error(parts),
        (_, "status-update") => status_update(parts),
        (_, "end-of-call-report") => Said::Report(end(parts)),
        (_, "tool-calls") => Said::ToolCalls(tool_calls(parts)),
        (_, "function-call") => Said::FunctionCall(function_call(parts)),
        (_, "assistant-request") => Said::AssistantRequest,
        (_, "call.queued" | "call.started") => Said::Status(CallStatus::Queued),
        (_, "call.ringing") => Said::Status(CallStatus::Ringing),
        (_, "call.answered") => Said::Status(CallStatus::InProgress),
        (_, "call.ended") => Said::Ended(end(parts)),
        (_, "call.failed") => Said::Ended(End::failed(reason(parts))),
        (_, "call.timeout") => Said::Ended(End::timed_out(reason(parts))),
        (_, kind) if kind == "transcript" || kind.starts_with("transcript[") => transcript(parts),
        (_, kind) => request(kind).unwrap_or(Said::Other),
    }
}

/// The message's status is the news. The call's own, from when it was made, only counts where there
/// is no other.
fn status_update(parts: &Parts) -> Said {
    match parts.text(&["status", "call.status"]) {
        Some("scheduled") => Said::Status(CallStatus::Scheduled),
        Some("queued") => Said::Status(CallStatus::Queued),
        Some("ringing") => Said::Status(CallStatus::Ringing),
        Some("in-progress") => Said::Status(CallStatus::InProgress),
        Some("forwarding") => Said::Status(CallStatus::Forwarding),
        Some("ended") => Said::Ended(end(parts)),
        _ => Said::Other,
    }
}

fn end(parts: &Parts) -> End {
    End::judged(reason(parts), user_spoke(conversation(parts)))
}

fn reason(parts: &Parts) -> Option<String> {
    let reason = parts.text(&["endedReason", "call.endedReason"])?;
    Some(storable(reason, REASON_CHARS_MAX))
}

fn transcript(parts: &Parts) -> Said {
    match line(parts) {
        Some(line) => Said::Transcript {
            line,
            is_final: is_final(parts),
        },
        None => Said::Other,
    }
}

fn error(parts: &Parts) -> Said {
    let message = parts.text(&["error.message", "message", "error"]);
    Said::Error {
        message: message.map(str::to_owned),
    }
}

/// What Vapi's documentation lets one answer who has nothing to offer. No answer at all would cost
/// the caller the time until Vapi gives up.
fn request(kind: &str) -> Option<Said> {
    let nowhere = || json!({"error": "No destination is configured for this call."});
    let cannot = match kind {
        "transfer-destination-request" | "handoff-destination-request" => Some(nowhere()),
        "knowledge-base-request" => Some(json!({"documents": []})),
        // Whom nobody vouches for is not dialled.
        "campaign.predial" => Some(json!({"eligible": false})),
        // Half a second, as in the documentation's example.
        "call.endpointing.request" => Some(json!({"timeoutSeconds": 0.5})),
        "voice-request" => None,
        _ => return None,
    };
    Some(Said::Request { cannot })
}
