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
        if !self.part.plays || show.mischief == Some(Mischief::Silence) {
            return;
        }
        let player = self.player(&show.call);
        let script = Script::placed(self.part.seed, show.number, show.created_at);
        for step in script.told_of(&show.call).steps {
            let is_report = step.body["message"]["type"] == "end-of-call-report";
            if is_report && show.mischief == Some(Mischief::LoseReport) {
                continue;
            }
            if show.end.is_cancelled() {
                break;
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

    /// The call is in the book as it was last told of.
    fn note(&self, id: &str, body: &Value) {
        let message = &body["message"];
        if message["type"] != "status-update" {
            return;
        }
        self.book.change(id, |call| {
            call["status"] = message["status"].clone();
            if !message["endedReason"].is_null() {
                call["endedReason"] = message["endedReason"].clone();
            }
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

fn headers(given: &Value) -> Option<HeaderMap> {
    let pairs = given.as_object()?.iter().filter_map(|(name, value)| {
        let mut value: HeaderValue = value.as_str()?.parse().ok()?;
        value.set_sensitive(true);
        Some((name.parse::<HeaderName>().ok()?, value))
    });
    Some(pairs.collect())
}
