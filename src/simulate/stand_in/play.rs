//! Playing a call that was placed: a story of the seed, about this call and its people.

use std::sync::Arc;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{House, mischief::Mischief};
use crate::{
    infra::clock::Millis,
    simulate::{Player, Proof, Script, Step},
};

/// As Vapi names the end of a call that somebody has ended from outside.
const ENDED_FROM_OUTSIDE: &str = "manually-canceled";

/// What Vapi knows of a call once it has reported it.
const OF_THE_REPORT: [&str; 7] = [
    "analysis",
    "artifact",
    "cost",
    "costBreakdown",
    "endedAt",
    "endedReason",
    "startedAt",
];

/// A call that is about to be played.
pub(super) struct Show {
    pub id: String,
    pub call: Value,
    pub number: u64,
    pub created_at: Millis,
    pub mischief: Option<Mischief>,
    pub end: CancellationToken,
}

impl House {
    /// Plays the call to its end, or until it is ended from outside.
    pub(super) async fn play(self: Arc<Self>, show: Show) {
        let _playing = self.book.play();
        if !self.part.plays {
            return;
        }
        let player = self.player(&show.call);
        let script = Script::placed(self.part.seed, show.number, show.created_at);
        for step in script.told_of(&show.call).steps {
            if show.end.is_cancelled() {
                break;
            }
            // Who hears of the end may use the line for the next one at once.
            if is_end(&step.body["message"]) {
                self.book.hang_up(&show.id);
            }
            if is_lost(show.mischief, &step.body) {
                self.note(&show.id, &step.body);
                continue;
            }
            let told = show.end.run_until_cancelled(player.tell(&step));
            if told.await.is_none() {
                break;
            }
            self.note(&show.id, &step.body);
        }
    }

    /// Ends a call from outside, and tells of it.
    pub(super) async fn end(&self, id: &str) -> bool {
        let Some(placed) = self.book.call(id) else {
            return false;
        };
        placed.end.cancel();
        self.book.hang_up(id);
        let step = Step {
            after: std::time::Duration::ZERO,
            body: json!({"message": {
                "type": "status-update",
                "timestamp": self.part.clock.millis(),
                "status": "ended",
                "endedReason": ENDED_FROM_OUTSIDE,
                "call": placed.call,
                "customer": placed.call["customer"],
            }}),
        };
        self.note(id, &step.body);
        if self.part.plays {
            self.player(&placed.call).tell(&step).await;
        }
        true
    }

    /// The call is in the book as it was last told of, be it that nobody heard it.
    fn note(&self, id: &str, body: &Value) {
        let message = &body["message"];
        self.book.change(id, |call| match message["type"].as_str() {
            Some("status-update") => copy(&["status", "endedReason"], message, call),
            Some("end-of-call-report") => {
                call["status"] = "ended".into();
                copy(&OF_THE_REPORT, message, call);
            }
            _ => {}
        });
    }

    /// To where the call's assistant says, with the headers that stand there.
    fn player(&self, call: &Value) -> Player {
        let part = &self.part;
        let server = call.pointer("/assistant/server");
        let url = server.and_then(|server| server["url"].as_str()?.parse().ok());
        let headers = server.and_then(|server| headers(&server["headers"]));
        Player {
            client: part.client.clone(),
            clock: part.clock.clone(),
            target: url.unwrap_or_else(|| part.target.clone()),
            proof: headers.map_or_else(|| part.proof.clone(), Proof::Headers),
            speed: part.speed,
        }
    }
}

fn is_end(message: &Value) -> bool {
    message["type"] == "end-of-call-report" || message["status"] == "ended"
}

/// The call went as it went, and its news does not come.
fn is_lost(mischief: Option<Mischief>, body: &Value) -> bool {
    match mischief {
        Some(Mischief::Silence) => true,
        Some(Mischief::LoseReport) => body["message"]["type"] == "end-of-call-report",
        _ => false,
    }
}

fn copy(names: &[&str], from: &Value, to: &mut Value) {
    for name in names {
        if !from[*name].is_null() {
            to[*name] = from[*name].clone();
        }
    }
}

fn headers(given: &Value) -> Option<HeaderMap> {
    let pairs = given.as_object()?.iter().filter_map(|(name, value)| {
        let mut value: HeaderValue = value.as_str()?.parse().ok()?;
        value.set_sensitive(true);
        Some((name.parse::<HeaderName>().ok()?, value))
    });
    Some(pairs.collect())
}
