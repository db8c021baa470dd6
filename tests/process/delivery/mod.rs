//! What reaches subscribers, seen from outside: real processes, real sockets,
//! many calls side by side.

mod crash;
mod order;
mod rotation;
mod sharing;
mod silence;
mod together;

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use crate::support::{Heard, Home, Receiver, Reply, Server, Speaker};

const ADMIN: &str = "an-admin-key-that-only-the-tests-have";
const CONNECTIONS: usize = 64;

/// What becomes of every call, as Vapi says it.
pub(crate) const STORY: [&str; 5] = ["queued", "ringing", "in-progress", "forwarding", "ended"];

/// And as subscribers hear it.
pub(crate) const HEARD: [&str; 5] = [
    "queued",
    "ringing",
    "in_progress",
    "forwarding",
    "completed",
];

/// Processes on one database.
struct Fleet {
    homes: Vec<Home>,
    servers: Vec<Server>,
}

impl Fleet {
    /// None where the suite runs on SQLite, which has one process.
    async fn of(size: usize) -> Option<Self> {
        let home = home().await;
        if size > 1 && !home.is_on_postgres() {
            home.leave().await;
            return None;
        }
        let mut homes = vec![home];
        homes.extend((1..size).map(|_| homes[0].beside()).collect::<Vec<_>>());
        let servers = homes.iter().map(Home::serve).collect();
        Some(Self { homes, servers })
    }

    /// One more.
    fn grow(&mut self) {
        let home = self.homes[0].beside();
        self.servers.push(home.serve());
        self.homes.push(home);
    }

    fn speakers(&self) -> Vec<Speaker> {
        self.servers.iter().map(Server::speaker).collect()
    }

    /// Ends them in order, so that all that they know is written.
    fn stop(&mut self) {
        for server in self.servers.drain(..) {
            server.signal("TERM");
            assert!(server.wait().0);
        }
    }

    async fn leave(self) {
        drop(self.servers);
        for home in self.homes.into_iter().rev() {
            home.leave().await;
        }
    }
}

/// Where a process is believed dead as soon as can be set.
async fn home() -> Home {
    let home = Home::configured().await;
    home.with("RINGBACK_DELIVERY_TIMEOUT", "5s")
        .with("RINGBACK_INSTANCE_TTL", "15s")
}

/// Subscribes an address to every change of every call; the answer.
pub(crate) async fn subscribe(server: &Server, url: &str) -> Value {
    let wanted = json!({"webhook_url": url, "events": ["call.status.changed"], "scope": "all"});
    let path = "/api/v6/call/webhook/subscribe";
    let answer = server.post(path, ADMIN, url, &wanted).await;
    assert_eq!(answer["success"], true, "{answer}");
    answer
}

pub(crate) fn event(call: &str, step: usize) -> Value {
    let call = json!({"id": call});
    json!({"message": {"type": "status-update", "status": STORY[step], "timestamp": step + 1, "call": call}})
}

/// Tells whole calls, many side by side, and the events of each one after
/// another, to each speaker in its turn.
async fn tell(speakers: &[Speaker], calls: impl IntoIterator<Item = String>) {
    let calls = stream::iter(calls)
        .enumerate()
        .map(|(number, call)| async move {
            for step in 0..STORY.len() {
                let speaker = &speakers[(number + step) % speakers.len()];
                assert_eq!(speaker.say(&event(&call, step)).await.unwrap(), 200);
            }
        });
    calls.buffer_unordered(CONNECTIONS).collect::<()>().await;
}

fn calls(name: &str, count: usize) -> impl Iterator<Item = String> {
    (0..count).map(move |number| format!("{name}-{number}"))
}

/// What a delivery is of: the call, and its status.
pub(crate) fn told(heard: &Heard) -> (String, String) {
    let body = heard.json();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("callId"), text("status"))
}

/// That of every call each event came, first in its sequence.
#[track_caller]
pub(crate) fn assert_in_sequence(heard: &[Heard]) {
    let mut calls: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for heard in heard {
        let (call, status) = told(heard);
        let said = (heard.json()["sequence"].as_u64().unwrap(), status);
        let of_call = calls.entry(call).or_default();
        if !of_call.contains(&said) {
            of_call.push(said);
        }
    }
    for (call, said) in calls {
        assert!(said.is_sorted_by(|a, b| a.0 < b.0), "{call}: {said:?}");
        let statuses: Vec<_> = said.iter().map(|(_, status)| status.as_str()).collect();
        assert!(HEARD.starts_with(&statuses), "{call}: {said:?}");
    }
}

/// How many different events came.
pub(crate) fn different(heard: &[Heard]) -> usize {
    let ids = heard.iter().map(|heard| heard.header("x-webhook-id"));
    ids.collect::<std::collections::HashSet<_>>().len()
}
