//! Who orders calls: each order under a key of its own, again and again until it is answered. However
//! often the process dies in between, no telephone rings twice for one order.

use std::{net::SocketAddr, sync::Mutex};

use ringback::{
    infra::clock::Clock,
    simulate::{Part, Proof, StandIn},
};
use serde_json::{Value, json};

use super::talk::{Talk, door};
use crate::support::{ADMIN, client};

/// One for so many events, so that orders come while the process dies.
const EVENTS_PER_ORDER: usize = 8;
const NOWHERE: &str = "http://127.0.0.1:9";

pub fn stand_in() -> StandIn {
    let part = Part {
        seed: 7,
        clock: Clock::system(),
        client: client(),
        target: NOWHERE.parse().unwrap(),
        proof: Proof::Nothing,
        speed: 0.0,
        plays: false,
        rules: Vec::new(),
    };
    StandIn::start(SocketAddr::from(([127, 0, 0, 1], 0)), part).unwrap()
}

/// The calls that orders were answered with.
#[derive(Default)]
pub struct Orders(Mutex<Vec<String>>);

impl Orders {
    pub fn answered(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Orders as the talk goes on, until it is closing.
    pub async fn order(&self, talk: &Talk) {
        for number in 1.. {
            talk.reaches(number * EVENTS_PER_ORDER).await;
            if talk.door.borrow().is_closing {
                return;
            }
            let call = insist(talk, &format!("order-{number}")).await;
            self.0.lock().unwrap().push(call);
        }
    }
}

async fn insist(talk: &Talk, key: &str) -> String {
    let wanted = json!({"customer": {"number": "+14155550123"}, "assistant_id": "an-assistant"});
    let mut tried = 0;
    loop {
        let (number, speaker) = door(&talk.door, tried).await;
        let request = speaker.post("/api/v6/call").bearer_auth(ADMIN);
        let asked = request.header("idempotency-key", key).json(&wanted).send();
        let Ok(answer) = asked.await else {
            tried = number;
            continue;
        };
        // On a machine that is busy with other things the database may take too long: once more.
        let is_told_to_come_again = answer.status().is_server_error();
        match answer.json::<Value>().await {
            Ok(placed) if placed["success"] == true => {
                return placed["call"]["id"].as_str().unwrap().to_owned();
            }
            Ok(refused) => assert!(is_told_to_come_again, "{refused}"),
            Err(_) => {}
        }
    }
}
