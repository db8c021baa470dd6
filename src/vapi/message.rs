//! Understanding one body: which shape, which call, what is said, what it brings.

mod call;
mod known;
mod reading;
mod results;
mod said;
mod shape;
mod speech;
#[cfg(test)]
mod tests;
mod tools;

use entity::calls::CallStatus;

pub use call::CallFacts;
pub use results::Results;
pub use said::Said;
pub use shape::{NotUnderstood, Shape};
pub use speech::{Line, Role};
pub use tools::ToolCall;

use super::{json, outcome::End, redact::redact};
use reading::storable;
use shape::Parts;

const KIND_CHARS_MAX: usize = 100;

/// All that recording needs to know of a body, and nothing that points back into it.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub shape: Shape,
    /// The type, as it was written.
    pub kind: String,
    pub said: Said,
    /// None for what is about a campaign, a chat, or whatever else is not a call.
    pub call: Option<CallFacts>,
    /// Vapi's timestamp, in epoch milliseconds.
    pub occurred_at: Option<i64>,
    /// What the call brought, where this message is the one that brings it. The running artifact of
    /// a status update is not that.
    pub results: Option<Results>,
    /// The whole body as JSON, without Vapi's secrets: what is sealed and kept.
    pub payload: Vec<u8>,
}

impl Message {
    /// Where the call stands by this message, if it says so.
    pub fn status(&self) -> Option<CallStatus> {
        match &self.said {
            Said::Status(status) => Some(*status),
            Said::Ended(end) | Said::Report(end) => Some(end.status()),
            _ => None,
        }
    }

    /// False for a type that Vapi has added since this was written.
    pub fn is_known(&self) -> bool {
        known::is_known(&self.kind, &self.said)
    }

    /// Where a call stands that is heard of by this message for the first time.
    pub fn first_status(&self) -> CallStatus {
        self.status().unwrap_or(match self.said {
            Said::Transcript { .. } => CallStatus::InProgress,
            _ => CallStatus::Queued,
        })
    }

    pub fn end(&self) -> Option<&End> {
        match &self.said {
            Said::Ended(end) | Said::Report(end) => Some(end),
            _ => None,
        }
    }
}

/// Understands a body, or tells its sender why not.
pub fn understand(body: &[u8]) -> Result<Message, NotUnderstood> {
    let not_json = |error| NotUnderstood::new("", format!("is not JSON: {error}"));
    let mut body = json::parse(body).map_err(not_json)?;
    redact(&mut body);
    let parts = Parts::of(&body)?;
    let call = call::facts(&parts)?;
    let said = said::said(&parts);
    Ok(Message {
        shape: parts.shape,
        kind: storable(parts.kind, KIND_CHARS_MAX),
        call,
        occurred_at: parts.occurred_at(),
        results: brings_results(&parts, &said).then(|| results::results(&parts)),
        said,
        payload: body.to_string().into_bytes(),
    })
}

/// A report does, and so does the end of a call in the two shapes that know no reports, if there is
/// anything in it.
fn brings_results(parts: &Parts, said: &Said) -> bool {
    match said {
        Said::Report(_) => true,
        Said::Ended(_) => parts.shape != Shape::Envelope && results::are_brought(parts),
        _ => false,
    }
}
