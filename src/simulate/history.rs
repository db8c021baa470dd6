//! What was said so far, in the three forms in which Vapi repeats it.

use serde_json::{Value, json};

use super::talk::Speaker;
use crate::infra::clock::Millis;

const PROMPT: &str = "You are an AI assistant on the telephone. Ask one question at a time.";

/// A conversation, from its prompt on.
pub(super) struct History {
    began_at: Millis,
    turns: Vec<Turn>,
}

/// Something that was said, from its first sound to its last.
pub(super) struct Spoken {
    pub by: Speaker,
    pub text: String,
    pub from: Millis,
    pub until: Millis,
}

/// A tool that was used, and what it gave back.
pub(super) struct Used {
    pub id: String,
    pub name: &'static str,
    /// As a text, which is what Vapi makes of them here.
    pub arguments: String,
    pub result: &'static str,
    pub at: Millis,
}

enum Turn {
    Spoken(Spoken),
    Used(Used),
}

impl History {
    pub fn beginning_at(began_at: Millis) -> Self {
        Self {
            began_at,
            turns: Vec::new(),
        }
    }

    pub fn began_at(&self) -> Millis {
        self.began_at
    }

    pub fn add(&mut self, spoken: Spoken) {
        self.turns.push(Turn::Spoken(spoken));
    }

    pub fn add_tool(&mut self, used: Used) {
        self.turns.push(Turn::Used(used));
    }

    pub fn into_spoken(self) -> Vec<Spoken> {
        let turns = self.turns.into_iter();
        turns
            .filter_map(|turn| match turn {
                Turn::Spoken(spoken) => Some(spoken),
                Turn::Used(_) => None,
            })
            .collect()
    }

    fn spoken(&self) -> impl Iterator<Item = &Spoken> {
        self.turns.iter().filter_map(|turn| match turn {
            Turn::Spoken(spoken) => Some(spoken),
            Turn::Used(_) => None,
        })
    }

    /// Both lists of an artifact.
    pub fn artifact(&self) -> Value {
        json!({"messages": self.messages(), "messagesOpenAIFormatted": self.openai()})
    }

    pub fn messages(&self) -> Vec<Value> {
        let prompt = json!({
            "role": "system", "message": PROMPT, "time": self.began_at, "secondsFromStart": 0,
        });
        let turns = self.turns.iter().flat_map(|turn| match turn {
            Turn::Spoken(spoken) => vec![self.message(spoken)],
            Turn::Used(used) => self.tool_messages(used).into(),
        });
        [prompt].into_iter().chain(turns).collect()
    }

    pub fn openai(&self) -> Vec<Value> {
        let prompt = json!({"role": "system", "content": PROMPT});
        let turns = self.turns.iter().map(|turn| match turn {
            Turn::Spoken(spoken) => json!({"role": spoken.by.role(), "content": spoken.text}),
            Turn::Used(used) => {
                json!({"role": "tool", "tool_call_id": used.id, "content": used.result})
            }
        });
        [prompt].into_iter().chain(turns).collect()
    }

    pub fn transcript(&self) -> String {
        self.spoken()
            .map(|spoken| format!("{}: {}\n", spoken.by.name_in_transcript(), spoken.text))
            .collect()
    }

    fn message(&self, spoken: &Spoken) -> Value {
        json!({
            "role": spoken.by.role_in_artifact(),
            "message": spoken.text,
            // Vapi counts in fractions of milliseconds, where it feels like it.
            "time": spoken.from as f64 + 0.5,
            "endTime": spoken.until,
            "secondsFromStart": self.seconds(spoken.from),
            "duration": spoken.until - spoken.from,
            "source": "",
        })
    }

    fn tool_messages(&self, used: &Used) -> [Value; 2] {
        let function = json!({"name": used.name, "arguments": used.arguments});
        [
            json!({
                "role": "tool_calls",
                "message": "",
                "time": used.at,
                "secondsFromStart": self.seconds(used.at),
                "toolCalls": [{"id": used.id, "type": "function", "function": function}],
            }),
            json!({
                "role": "tool_call_result",
                "toolCallId": used.id,
                "name": used.name,
                "result": used.result,
                "time": used.at,
                "secondsFromStart": self.seconds(used.at),
            }),
        ]
    }

    fn seconds(&self, at: Millis) -> f64 {
        (at - self.began_at) as f64 / 1_000.0
    }
}
