//! What was said, in JSON.

use entity::{MessageId, messages::Role};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{infra::clock::rfc3339, sessions::messages::Message};

/// Who spoke.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Speaker {
    User,
    Assistant,
    System,
    Tool,
}

/// Something that was said.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub struct MessageView {
    #[schema(value_type = String, example = "msg_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    id: MessageId,
    role: Speaker,
    #[schema(example = "Hello, how can I help you today?")]
    text: String,
    /// As Vapi has it, if it has it.
    #[schema(format = DateTime, required = true)]
    spoken_at: Option<String>,
}

/// A page of what was said, oldest first.
#[derive(Serialize, ToSchema)]
pub struct Messages {
    #[schema(example = true)]
    success: bool,
    messages: Vec<MessageView>,
    /// Where the next page begins; null on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl Messages {
    pub fn new((messages, next_cursor): (Vec<Message>, Option<String>)) -> Self {
        Self {
            success: true,
            messages: messages.into_iter().map(MessageView::from).collect(),
            next_cursor,
        }
    }
}

impl From<Message> for MessageView {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            role: message.line.role.into(),
            text: message.line.text,
            spoken_at: message.line.spoken_at.map(rfc3339),
        }
    }
}

impl From<Role> for Speaker {
    fn from(role: Role) -> Self {
        match role {
            Role::User => Self::User,
            Role::Assistant => Self::Assistant,
            Role::System => Self::System,
            Role::Tool => Self::Tool,
        }
    }
}
