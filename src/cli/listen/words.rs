//! What is told of an event, for people and for programs.

use std::time::Duration;

use serde_json::{Value, json};

use super::ListenArguments;
use crate::{
    infra::{
        clock::{Clock, rfc3339},
        egress::{Failure, Outcome},
    },
    listen::{Heard, Relay},
};

const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

pub(super) struct Words {
    pub clock: Clock,
    pub is_json: bool,
    /// Whether it is a terminal that shows them.
    pub is_coloured: bool,
}

/// Where from, where to, and the secret by which the receiver knows it.
pub(super) fn greeting(arguments: &ListenArguments, relay: Option<&Relay>) -> String {
    let from = format!("Events of {}", arguments.server);
    match relay {
        None => format!("{from}; --forward URL passes them on"),
        Some(relay) => format!(
            "{from} go to {}, signed with\n\n  {}\n",
            relay.to,
            relay.secret.text().expose()
        ),
    }
}

impl Words {
    pub fn line(&self, heard: &Heard, answer: Option<&Outcome>) -> String {
        match self.is_json {
            true => self.json(heard, answer).to_string(),
            false => self.text(heard, answer),
        }
    }

    fn text(&self, heard: &Heard, answer: Option<&Outcome>) -> String {
        let subject = heard.subject();
        let [call, status] =
            [subject.call_id, subject.status].map(|text| printable(text.as_deref()));
        let line = format!(
            "{}  {:<24}  {call:<40}  {status:<11}",
            self.clock.now().format("%H:%M:%S"),
            printable(Some(&heard.kind)),
        );
        match answer {
            None => line.trim_end().to_owned(),
            Some(answer) => format!("{line}  → {}", self.answer(answer)),
        }
    }

    fn answer(&self, answer: &Outcome) -> String {
        let (colour, text) = match answer {
            Outcome::Answered(answer) => {
                let colour = if answer.is_success() { GREEN } else { RED };
                let took = human(answer.timings.total);
                (colour, format!("{} in {took}", answer.status.as_u16()))
            }
            Outcome::Failed(Failure { hint, timings, .. }) => {
                let took = human(timings.total);
                (
                    RED,
                    format!("no answer after {took}: {}", printable(Some(hint))),
                )
            }
        };
        match self.is_coloured {
            true => format!("{colour}{text}{PLAIN}"),
            false => text,
        }
    }

    fn json(&self, heard: &Heard, answer: Option<&Outcome>) -> Value {
        let subject = heard.subject();
        json!({
            "at": rfc3339(self.clock.millis()),
            "id": heard.id,
            "event": heard.kind,
            "callId": subject.call_id,
            "status": subject.status,
            "forwarded": answer.map(|answer| match answer {
                Outcome::Answered(answer) => json!({
                    "status": answer.status.as_u16(),
                    "taken": answer.is_success(),
                    "millis": millis(answer.timings.total),
                }),
                Outcome::Failed(failure) => json!({
                    "error": failure.kind.name(),
                    "hint": failure.hint,
                    "taken": false,
                    "millis": millis(failure.timings.total),
                }),
            }),
        })
    }
}

/// Ids are somebody else's words: none of them moves a terminal's cursor.
fn printable(text: Option<&str>) -> String {
    let text = text.unwrap_or("-");
    text.chars().filter(|letter| !letter.is_control()).collect()
}

fn human(took: Duration) -> String {
    format!("{:.0} ms", took.as_secs_f64() * 1_000.0)
}

fn millis(took: Duration) -> f64 {
    (took.as_secs_f64() * 100_000.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::DateTime;

    use super::*;

    #[test]
    fn a_line_says_when_what_of_which_call_and_nothing_that_moves_a_cursor() {
        let words = Words {
            clock: Clock::stepped(DateTime::UNIX_EPOCH),
            is_json: false,
            is_coloured: true,
        };
        let heard = Heard {
            id: "evt_1".to_owned(),
            kind: "call.completed".to_owned(),
            payload: Bytes::from_static(br#"{"callId":"c\u001b[2J1","status":"completed"}"#),
        };
        let line = words.line(&heard, None);
        assert_eq!(
            line.split_whitespace().collect::<Vec<_>>(),
            ["00:00:00", "call.completed", "c[2J1", "completed"]
        );
    }

    #[test]
    fn what_has_no_call_is_told_all_the_same() {
        let words = Words {
            clock: Clock::stepped(DateTime::UNIX_EPOCH),
            is_json: true,
            is_coloured: false,
        };
        let heard = Heard {
            id: "evt_2".to_owned(),
            kind: "subscription.deactivated".to_owned(),
            payload: Bytes::from_static(br#"{"callId":null,"status":null}"#),
        };
        let told = words.json(&heard, None);
        assert_eq!(told["callId"], Value::Null);
        assert_eq!(told["at"], "1970-01-01T00:00:00.000Z");
    }
}
