//! Placing calls, against Vapi's stand-in, which counts how often a telephone has rung.

mod adopting;
mod assistant;
mod canceled_meanwhile;
mod canceling;
mod given_up;
mod listing;
mod log;
mod lost_answers;
mod placing;
mod reconciling;
mod refusals;
mod scheduling;
mod side_by_side;
mod silence;

use std::{net::SocketAddr, time::Duration};

use entity::{CallId, events, placements};
use ringback::{
    calls::{NewCall, Order, Speaker},
    simulate::{Mischief, Part, Proof, Rule, StandIn},
};
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Map, Value, json};

use crate::support::{Answer, Ask, TestApp, as_time_passes, client, clock};

const CALLS: &str = "/api/v6/call";
const NUMBER: &str = "+14155550123";

/// Vapi's stand-in, and beside it a server that places its calls there.
struct House {
    app: TestApp,
    vapi: StandIn,
    alice: String,
}

impl House {
    /// Calls are taken, and not played.
    async fn open() -> Self {
        Self::with(false, &[]).await
    }

    /// Calls are played, to the server that their assistant names.
    async fn where_calls_are_played() -> Self {
        Self::with(true, &[]).await
    }

    async fn with(plays: bool, settings: &[(&str, &str)]) -> Self {
        let clock = clock();
        let part = Part {
            seed: 7,
            clock: clock.clone(),
            client: client(),
            target: "http://127.0.0.1:9".parse().unwrap(),
            proof: Proof::Nothing,
            speed: 0.0,
            plays,
            rules: Vec::new(),
        };
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let vapi = StandIn::start(anywhere, part).unwrap();
        let url = vapi.url();
        let mut all = vec![
            ("VAPI_API_KEY", "a-vapi-key"),
            ("VAPI_PHONE_NUMBER_ID", "a-number"),
            ("VAPI_BASE_URL", url.as_str()),
        ];
        all.extend(settings);
        let app = TestApp::at(clock, &all).await;
        let alice = app.user("alice").await;
        Self { app, vapi, alice }
    }

    fn misbehaves(&self, mischief: Mischief) {
        self.vapi.misbehave([mischief.to_all()]);
    }

    fn behaves(&self) {
        self.vapi.misbehave(Vec::<Rule>::new());
    }

    fn place(&self, body: &Value) -> Ask {
        self.app.post(CALLS).by(&self.alice).json(body)
    }

    async fn placed(&self, body: &Value) -> Value {
        let answer = self.place(body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["call"].clone()
    }

    async fn call(&self, id: &Value) -> Value {
        let path = format!("{CALLS}/{}", id.as_str().unwrap());
        let answer = self.app.get(&path).by(&self.alice).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["call"].clone()
    }

    async fn cancel(&self, id: &Value) -> Answer {
        let path = format!("{CALLS}/{}/cancel", id.as_str().unwrap());
        self.app.post(&path).by(&self.alice).await
    }

    /// A call as Vapi has it.
    async fn at_vapi(&self, call: &Value) -> Value {
        let call = self.call(&call["id"]).await;
        let id = call["vapi_call_id"].as_str().unwrap();
        let asked = client().get(format!("{}/call/{id}", self.vapi.url()));
        let answer = asked.bearer_auth("key").send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// The newest call that Vapi has.
    async fn newest_at_vapi(&self) -> Value {
        let asked = client().get(format!("{}/call", self.vapi.url()));
        let answer = asked.bearer_auth("key").send().await.unwrap();
        answer.json::<Value>().await.unwrap()[0].clone()
    }

    /// How many calls are not settled.
    async fn unsettled(&self) -> u64 {
        let left = placements::Entity::find().count(self.app.app.db.read());
        left.await.unwrap()
    }

    /// Lets time pass, and does what is due then.
    async fn later(&self, by: Duration) {
        self.app.advance(by);
        self.app.calls.place_due().await.unwrap();
    }

    fn dials(&self, call: &Value) -> u64 {
        self.vapi.dials(call["id"].as_str().unwrap())
    }

    /// What was told of a call: each event with its number and the status it tells.
    async fn told(&self, call: &Value) -> Vec<String> {
        let id: CallId = call["id"].as_str().unwrap().parse().unwrap();
        let rows = events::Entity::find()
            .filter(events::Column::CallId.eq(id))
            .order_by_asc(events::Column::Position)
            .all(self.app.app.db.read())
            .await
            .unwrap();
        let word = |row: events::Model| {
            let status = row.status.unwrap().to_value();
            format!("{} {} {status}", row.sequence.unwrap(), row.kind)
        };
        rows.into_iter().map(word).collect()
    }

    async fn finish(self) {
        self.vapi.quiet().await;
        self.app.finish().await;
        self.vapi.stop().await;
    }
}

fn a_call() -> Value {
    json!({"customer": {"number": NUMBER, "name": "Ace Plumbing"}, "assistant_id": "an-assistant"})
}

fn a_request() -> Value {
    json!({
        "providerName": "Joe's Plumbing",
        "providerPhone": "+15551234567",
        "serviceNeeded": "plumbing",
        "userCriteria": "Need same-day service",
        "location": "Greenville, SC",
        "urgency": "immediate",
    })
}

fn a_requested_call() -> Value {
    json!({"customer": {"number": NUMBER}, "request": a_request(), "metadata": {"tier": "gold"}})
}

fn an_order() -> NewCall {
    NewCall {
        order: Order {
            customer_number: NUMBER.to_owned(),
            customer_name: None,
            who: Speaker::Saved("an-assistant".to_owned()),
            metadata: Map::new(),
        },
        scheduled_at: None,
        latest_at: None,
        campaign_id: None,
    }
}

fn with(mut body: Value, name: &str, value: impl Into<Value>) -> Value {
    body[name] = value.into();
    body
}
