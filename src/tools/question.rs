//! A tool call of Vapi's, what makes it known again, and what it is answered.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Answered, Asked, Outcome};
use crate::vapi::{identity, message::ToolCall};

/// What makes a tool call known again, as SHA-256.
pub(super) type Digest = [u8; 32];

#[derive(Clone)]
pub(super) struct Question {
    pub digest: Digest,
    pub id: Option<String>,
    pub name: String,
    pub parameters: Value,
    pub call_id: String,
}

#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub outcome: Outcome,
    /// False where it should be in the database and is not.
    pub kept: bool,
}

impl Question {
    /// The call that stands at this place of the message.
    pub fn new(asked: &Asked<'_>, at: usize, call: &ToolCall) -> Self {
        Self {
            digest: digest(asked, at, call),
            id: call.id.clone(),
            name: call.name.clone(),
            parameters: call.parameters.clone(),
            call_id: asked.vapi_call_id.to_owned(),
        }
    }

    pub fn answered(self, answer: Answer) -> Answered {
        Answered {
            id: self.id,
            name: self.name,
            outcome: answer.outcome,
            kept: answer.kept,
        }
    }
}

impl Answer {
    /// One that the database has.
    pub fn known(outcome: Outcome) -> Self {
        Self {
            outcome,
            kept: true,
        }
    }

    /// One that stands for itself: there is nothing to be kept of it.
    pub fn error(sentence: String) -> Self {
        Self::known(Err(sentence))
    }
}

/// By its id, within its phone call; what has none, by the message it came in.
fn digest(asked: &Asked<'_>, at: usize, call: &ToolCall) -> Digest {
    let known = call
        .id
        .as_deref()
        .filter(|_| !asked.vapi_call_id.is_empty());
    match known {
        Some(id) => Sha256::digest(identity::of_tool_call(asked.vapi_call_id, id)).into(),
        None => Sha256::new_with_prefix(b"tool call in a body")
            .chain_update((at as u64).to_be_bytes())
            .chain_update(Sha256::digest(asked.body))
            .finalize()
            .into(),
    }
}
