//! Where a story is played: time passes here, and what happens is told in Vapi's messages.
//!
//! Everything has its moment on the call's own clock, and no two messages share one, as Vapi's do
//! not. How long somebody speaks follows from how much they say.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    cast::Cast,
    dice::Dice,
    history::{History, Spoken, Used},
    report::{Findings, report},
    talk::{Cue, Speaker, Tool},
};
use crate::infra::clock::Millis;

const MILLIS_PER_CHAR: u64 = 55;
/// What Vapi sometimes calls a line that will not be corrected any more.
const FINAL_TRANSCRIPT: &str = "transcript[transcriptType=\"final\"]";

/// One message, and how long after the one before it is sent, if the call is played as fast as it
/// was spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub after: Duration,
    pub body: Value,
}

pub(super) struct Stage {
    pub cast: Cast,
    pub dice: Dice,
    now: Millis,
    told_at: Millis,
    /// From the answer on.
    history: Option<History>,
    transcript_kind: &'static str,
    steps: Vec<Step>,
}

impl Stage {
    pub fn set_for(cast: Cast, mut dice: Dice) -> Self {
        let long_name = dice.percent(25);
        Self {
            now: cast.created_at,
            told_at: cast.created_at,
            history: None,
            transcript_kind: if long_name {
                FINAL_TRANSCRIPT
            } else {
                "transcript"
            },
            steps: Vec::new(),
            cast,
            dice,
        }
    }

    /// What was told, and what was spoken.
    pub fn into_parts(self) -> (Cast, Dice, Vec<Step>, Vec<Spoken>) {
        let spoken = self.history.map(History::into_spoken).unwrap_or_default();
        (self.cast, self.dice, self.steps, spoken)
    }

    pub fn pass(&mut self, millis: std::ops::RangeInclusive<u64>) {
        self.now += self.dice.between(millis).cast_signed();
    }

    /// Until so long after the answer.
    pub fn pass_until(&mut self, seconds: u32) {
        if let Some(history) = &self.history {
            let end = history.began_at() + Millis::from(seconds) * 1_000;
            self.now = self.now.max(end);
        }
    }

    /// A message of this kind is sent, and it is a little later.
    pub fn tell(&mut self, kind: &str, own: Value) {
        self.pass(2..=9);
        let body = self.cast.envelope(kind, self.now, own);
        let after = Duration::from_millis(self.now.abs_diff(self.told_at));
        self.steps.push(Step { after, body });
        self.told_at = self.now;
    }

    pub fn status(&mut self, status: &str) {
        self.tell(
            "status-update",
            json!({"status": status, "artifact": self.artifact()}),
        );
    }

    pub fn answer(&mut self) {
        self.history = Some(History::beginning_at(self.now));
        self.status("in-progress");
    }

    pub fn forward(&mut self) {
        let destination =
            json!({"type": "number", "number": "+14155550100", "message": "One moment."});
        let own = json!({"status": "forwarding", "destination": destination, "artifact": self.artifact()});
        self.tell("status-update", own);
    }

    pub fn end(&mut self, reason: &str) {
        let own = json!({
            "status": "ended", "endedReason": reason, "artifact": self.artifact(),
        });
        self.tell("status-update", own);
    }

    pub fn report(&mut self, reason: &str, findings: Option<&Findings>) {
        let ended_at = self.told_at;
        self.pass(1_500..=6_000);
        let own = report(
            &self.cast,
            self.history.as_ref(),
            ended_at,
            reason,
            findings,
            &mut self.dice,
        );
        self.tell("end-of-call-report", own);
    }

    pub fn act(&mut self, cues: &[Cue]) {
        for cue in cues {
            match cue {
                Cue::Says(speaker, text) => self.says(*speaker, text),
                Cue::Uses(tool) => self.uses(tool),
            }
        }
    }

    fn says(&mut self, by: Speaker, text: &str) {
        let text = self.cast.fill(text);
        let role = by.role();
        self.pass(400..=1_200);
        self.tell("speech-update", json!({"status": "started", "role": role}));
        let (from, half) = (self.now, text.len() as u64 * MILLIS_PER_CHAR / 2);
        self.pass(half..=half);
        if by == Speaker::Customer {
            let heard = first_half(&text);
            self.tell(
                "transcript",
                json!({"role": role, "transcriptType": "partial", "transcript": heard}),
            );
        }
        self.pass(half..=half);
        self.tell(
            self.transcript_kind,
            json!({"role": role, "transcriptType": "final", "transcript": text}),
        );
        let spoken = Spoken {
            by,
            text,
            from,
            until: self.now,
        };
        if let Some(history) = &mut self.history {
            history.add(spoken);
        }
        self.tell("speech-update", json!({"status": "stopped", "role": role}));
        if by == Speaker::Customer {
            self.repeat_all();
        }
    }

    /// Vapi sends the whole conversation again, in three forms at once.
    fn repeat_all(&mut self) {
        let mut own = self.artifact();
        own["conversation"] = own["messagesOpenAIFormatted"].clone();
        self.tell("conversation-update", own);
    }

    fn uses(&mut self, tool: &Tool) {
        self.pass(300..=900);
        let id = format!("call_{}", self.dice.words(3));
        let arguments = (tool.arguments)(&self.cast);
        let as_text = arguments.to_string();
        // An object on the wire, a text by the schema: both come.
        let sent = if self.dice.percent(30) {
            as_text.clone().into()
        } else {
            arguments
        };
        let call = json!({
            "id": id, "type": "function", "function": {"name": tool.name, "arguments": sent},
        });
        let mut configured = self.cast.tool(tool.name);
        configured["toolCall"] = call.clone();
        let own = json!({
            "toolCalls": [call],
            "toolCallList": [call],
            "toolWithToolCallList": [configured],
            "artifact": self.artifact(),
        });
        self.tell("tool-calls", own);
        let used = Used {
            id,
            name: tool.name,
            arguments: as_text,
            result: tool.result,
            at: self.now,
        };
        if let Some(history) = &mut self.history {
            history.add_tool(used);
        }
        if self.dice.percent(25) {
            self.pass(1_000..=2_000);
            self.tell("hang", json!({}));
        }
    }

    fn artifact(&self) -> Value {
        match &self.history {
            Some(history) => history.artifact(),
            None => json!({"messages": [], "messagesOpenAIFormatted": []}),
        }
    }
}

fn first_half(text: &str) -> &str {
    let middle = text.len() / 2;
    let end = text[..middle].rfind(' ').unwrap_or(text.len());
    &text[..end]
}
