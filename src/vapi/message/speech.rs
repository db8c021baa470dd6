//! Who said what, and when.

use serde_json::Value;

use super::{reading, shape::Parts};

/// Who spoke. Vapi has several names for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Assistant,
    User,
    System,
    Tool,
    Other,
}

impl Role {
    pub fn named(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "assistant" | "bot" | "ai" => Self::Assistant,
            "user" | "customer" | "human" => Self::User,
            "system" | "developer" => Self::System,
            "tool" | "tool_calls" | "tool_call_result" | "tool-calls" | "function" => Self::Tool,
            _ => Self::Other,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assistant => "assistant",
            Self::User => "user",
            Self::System => "system",
            Self::Tool => "tool",
            Self::Other => "other",
        }
    }

    fn of(value: &Value) -> Self {
        let name = value.get("role").and_then(Value::as_str);
        name.map_or(Self::Other, Self::named)
    }

    fn speaks(self) -> bool {
        matches!(self, Self::Assistant | Self::User)
    }
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub role: Role,
    pub text: String,
    /// Epoch milliseconds.
    pub at: Option<i64>,
}

/// The line of a transcript message; none where it is without words.
pub(super) fn line(parts: &Parts) -> Option<Line> {
    Some(Line {
        role: parts
            .at("role")
            .and_then(Value::as_str)
            .map_or(Role::Other, Role::named),
        text: parts.text(&["transcript", "text", "content"])?.to_owned(),
        at: parts.occurred_at(),
    })
}

/// It will not be corrected by a later one. The type itself may say so:
/// `transcript[transcriptType="final"]`.
pub(super) fn is_final(parts: &Parts) -> bool {
    let said = parts.text(&["transcriptType"]);
    said.is_none_or(|said| said == "final") && !parts.kind.contains("partial")
}

/// What was spoken in a conversation, without what was only written to the model.
pub fn spoken(messages: &[Value]) -> Vec<Line> {
    let lines = messages.iter().filter_map(|message| {
        Some(Line {
            role: Some(Role::of(message)).filter(|role| role.speaks())?,
            text: words(message)?,
            at: message.get("time").and_then(reading::millis),
        })
    });
    lines.collect()
}

/// Vapi has the words in `message`, OpenAI in `content`, as a text or in parts.
fn words(message: &Value) -> Option<String> {
    let places = ["message", "content", "transcript"];
    let text = places
        .iter()
        .find_map(|name| message.get(name).and_then(reading::text));
    text.map(str::to_owned).or_else(|| {
        let parts = message.get("content")?.as_array()?.iter();
        let texts: Vec<&str> = parts
            .filter_map(|part| part.get("text")?.as_str())
            .collect();
        Some(texts.join(" ")).filter(|text| !text.trim().is_empty())
    })
}

/// Whether the user took part, if the conversation is known. An empty one is not: it may have been
/// withheld, or not be written yet.
pub(super) fn user_spoke(messages: &[Value]) -> Option<bool> {
    let has_user = messages
        .iter()
        .any(|message| Role::of(message) == Role::User);
    (!messages.is_empty()).then_some(has_user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_spoken_is_a_line() {
        let messages = [
            json!({"role": "system", "message": "You are …"}),
            json!({"role": "bot", "message": "Hi?", "time": 1_763_567_216_026.5}),
            json!({"role": "user", "content": [{"type": "text", "text": "Yes,"}, {"text": "hello."}]}),
            json!({"role": "bot", "message": " "}),
            json!({"role": "tool_calls", "message": "calling"}),
            json!({"message": "whose?"}),
            json!(7),
        ];
        let line = |role, text: &str, at| Line {
            role,
            text: text.to_owned(),
            at,
        };
        assert_eq!(
            spoken(&messages),
            [
                line(Role::Assistant, "Hi?", Some(1_763_567_216_026)),
                line(Role::User, "Yes, hello.", None),
            ]
        );
    }

    #[test]
    fn an_empty_conversation_is_an_unknown_one() {
        assert_eq!(user_spoke(&[]), None);
        assert_eq!(user_spoke(&[json!({"role": "bot"})]), Some(false));
        assert_eq!(
            user_spoke(&[json!({"role": "bot"}), json!({"role": "user"})]),
            Some(true)
        );
    }

    #[test]
    fn a_role_has_one_name_here() {
        for role in [
            Role::Assistant,
            Role::User,
            Role::System,
            Role::Tool,
            Role::Other,
        ] {
            assert_eq!(Role::named(role.as_str()), role);
        }
        assert_eq!(Role::named("BOT"), Role::Assistant);
        assert_eq!(Role::named("tool_call_result"), Role::Tool);
    }
}
