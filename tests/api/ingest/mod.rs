//! Vapi to us, from outside: what is sent, how it is answered, what is kept.

mod addresses;
mod door;
mod duplicates;
mod examples;
mod order;
mod poison;
mod recording;
mod replays;
mod scripts;
mod secrecy;
mod spool;

use entity::{
    call_events, calls,
    calls::{CallStatus, Outcome},
    events,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::support::{Answer, Ask, TestApp};

const WEBHOOKS: &str = "/api/webhooks/vapi";
const SESSIONS: &str = "/api/v1/sessions/vapi/webhook";
const VAPI: &str = "/api/v1/vapi/webhook";
const VAPI_WEBHOOKS: &str = "/api/v1/vapi/webhooks/vapi";
const ADDRESSES: [&str; 4] = [WEBHOOKS, SESSIONS, VAPI, VAPI_WEBHOOKS];

impl TestApp {
    /// Says something as Vapi, with the shared secret.
    fn say(&self, address: &str, body: &Value) -> Ask {
        self.post(address)
            .header("x-vapi-secret", "a-shared-secret")
            .json(body)
    }

    /// Says something in Vapi's envelope that must be taken.
    async fn hears(&self, message: Value) -> Answer {
        let answer = self.say(VAPI, &json!({ "message": message })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    async fn call(&self, vapi_id: &str) -> calls::Model {
        self.find_call(vapi_id)
            .await
            .unwrap_or_else(|| panic!("there is no call {vapi_id}"))
    }

    async fn find_call(&self, vapi_id: &str) -> Option<calls::Model> {
        let named = calls::Entity::find().filter(calls::Column::VapiCallId.eq(vapi_id));
        named.one(self.app.db.read()).await.unwrap()
    }

    /// The immutable log of a call, oldest first.
    async fn log_of(&self, call: &calls::Model) -> Vec<call_events::Model> {
        let of_call = call_events::Entity::find().filter(call_events::Column::CallId.eq(call.id));
        of_call
            .order_by_asc(call_events::Column::Position)
            .all(self.app.db.read())
            .await
            .unwrap()
    }

    /// The events that subscribers would be told of a call, oldest first.
    async fn told_of(&self, call: &calls::Model) -> Vec<Told> {
        let of_call = events::Entity::find().filter(events::Column::CallId.eq(call.id));
        let rows = of_call
            .order_by_asc(events::Column::Position)
            .all(self.app.db.read())
            .await
            .unwrap();
        rows.into_iter().map(|row| Told::open(self, &row)).collect()
    }

    async fn kinds_told_of(&self, vapi_id: &str) -> Vec<String> {
        let call = self.call(vapi_id).await;
        self.told_of(&call)
            .await
            .into_iter()
            .map(|told| told.kind)
            .collect()
    }
}

/// An event, its payload opened.
struct Told {
    kind: String,
    sequence: Option<i32>,
    payload: Value,
}

impl Told {
    fn open(app: &TestApp, row: &events::Model) -> Self {
        let place = ringback::infra::seal::Place {
            table: "events",
            column: "payload",
            row: row.id.as_bytes(),
        };
        let plain = app.app.seal.open(place, &row.payload.0).unwrap();
        Self {
            kind: row.kind.clone(),
            sequence: row.sequence,
            payload: serde_json::from_slice(&plain).unwrap(),
        }
    }
}

fn status(call: &str, status: &str, at: i64) -> Value {
    json!({"type": "status-update", "status": status, "timestamp": at, "call": {"id": call}})
}

fn ended(call: &str, reason: &str, at: i64) -> Value {
    let mut message = status(call, "ended", at);
    message["endedReason"] = reason.into();
    message
}

fn line(call: &str, role: &str, text: &str, at: i64) -> Value {
    json!({"type": "transcript", "transcriptType": "final", "role": role, "transcript": text, "timestamp": at, "call": {"id": call}})
}

fn report(call: &str, reason: &str, summary: &str, at: i64) -> Value {
    json!({
        "type": "end-of-call-report", "endedReason": reason, "timestamp": at, "cost": 0.25,
        "startedAt": "2026-01-05T08:58:00.000Z", "endedAt": "2026-01-05T09:00:00.000Z",
        "analysis": {"summary": summary, "structuredData": {"ok": true}, "successEvaluation": "true"},
        "artifact": {"transcript": "AI: Hi.\nUser: Hello.", "messages": [
            {"role": "bot", "message": "Hi.", "time": 1_767_603_480_000_i64},
            {"role": "user", "message": "Hello.", "time": 1_767_603_482_000_i64},
        ]},
        "call": {"id": call},
    })
}
