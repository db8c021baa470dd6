//! Campaigns, against Vapi's stand-in, which counts dials and the lines that are in use.

mod adding;
mod crashes;
mod ending;
mod many;
mod pace;
mod placing;
mod resource;
mod telling;

use std::{net::SocketAddr, time::Duration};

use entity::events;
use futures_util::FutureExt;
use ringback::{
    infra::hub::Wake,
    run::Running,
    simulate::{Part, Proof, StandIn},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, client, clock};

const CAMPAIGNS: &str = "/api/v6/campaigns";

/// Vapi's stand-in, and beside it a server that places its calls there.
struct House {
    app: TestApp,
    vapi: StandIn,
    vapi_url: String,
    alice: String,
}

fn settings(vapi_url: &str) -> [(&str, &str); 4] {
    [
        ("VAPI_API_KEY", "a-vapi-key"),
        ("VAPI_PHONE_NUMBER_ID", "a-number"),
        ("VAPI_ASSISTANT_ID", "an-assistant"),
        ("VAPI_BASE_URL", vapi_url),
    ]
}

impl House {
    /// Calls are taken, and not played.
    async fn open() -> Self {
        Self::with(false).await
    }

    /// Calls are played to their end, without pauses.
    async fn where_calls_are_played() -> Self {
        Self::with(true).await
    }

    async fn with(plays: bool) -> Self {
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
        let vapi_url = vapi.url();
        let app = TestApp::at(clock, &settings(&vapi_url)).await;
        let alice = app.user("alice").await;
        Self {
            app,
            vapi,
            vapi_url,
            alice,
        }
    }

    /// Further servers on the same database, where it is one that several can use.
    async fn replicas(&self, wanted: usize) -> Vec<Running> {
        let mut replicas = Vec::new();
        if self.app.app.db.is_postgres() {
            for _ in 0..wanted {
                replicas.push(self.app.replica(&settings(&self.vapi_url)).await);
            }
        }
        replicas
    }

    async fn wants(&self, campaign: &Value) -> Answer {
        self.app
            .post(CAMPAIGNS)
            .by(&self.alice)
            .json(campaign)
            .await
    }

    /// The path of a campaign that was made.
    async fn campaign(&self, max_concurrency: i32, calls: Vec<Value>) -> String {
        let wanted = json!({
            "name": "Plumbers", "max_concurrency": max_concurrency, "calls": calls,
        });
        let made = self.wants(&wanted).await;
        assert_eq!(made.status, 201, "{made:?}");
        format!(
            "{CAMPAIGNS}/{}",
            made.body["campaign"]["id"].as_str().unwrap()
        )
    }

    async fn started(&self, max_concurrency: i32, calls: Vec<Value>) -> String {
        let path = self.campaign(max_concurrency, calls).await;
        self.does(&path, "start").await;
        path
    }

    /// Says a verb to a campaign, which is as it comes back then.
    async fn does(&self, path: &str, verb: &str) -> Value {
        let answer = self.says(path, verb).await;
        assert_eq!(answer.status, 200, "{verb}: {answer:?}");
        answer.body["campaign"].clone()
    }

    async fn says(&self, path: &str, verb: &str) -> Answer {
        let path = format!("{path}/{verb}");
        self.app.post(&path).by(&self.alice).await
    }

    async fn adds(&self, path: &str, calls: Vec<Value>) -> Answer {
        let post = self.app.post(&format!("{path}/calls")).by(&self.alice);
        post.json(&json!({ "calls": calls })).await
    }

    async fn read(&self, path: &str) -> Value {
        let read = self.app.get(path).by(&self.alice).await;
        assert_eq!(read.status, 200, "{read:?}");
        read.body["campaign"].clone()
    }

    /// Its counts, in the order in which calls go through them.
    async fn counts(&self, path: &str) -> [i64; 4] {
        counts(&self.read(path).await)
    }

    /// The campaign, once it is as it is wanted. Whatever changes it rings first.
    async fn until(&self, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let mut hub = self.app.app.hub.listen();
        loop {
            let campaign = self.read(path).await;
            if is_so(&campaign) {
                return campaign;
            }
            hub.next().await;
            while hub.next().now_or_never().is_some() {}
        }
    }

    /// The campaign, once its last call has ended.
    async fn completed(&self, path: &str) -> Value {
        let mut hub = self.app.app.hub.listen();
        loop {
            let campaign = self.read(path).await;
            if campaign["status"] == "COMPLETED" {
                return campaign;
            }
            while !matches!(hub.next().await, Some(Wake::Campaigns | Wake::All)) {}
        }
    }

    /// The same where something waits for a time to come: it comes, step by step.
    async fn until_in_time(
        &self,
        path: &str,
        step: Duration,
        is_so: impl Fn(&Value) -> bool,
    ) -> Value {
        loop {
            let campaign = self.read(path).await;
            if is_so(&campaign) {
                return campaign;
            }
            self.app.advance(step);
        }
    }

    /// The calls of a campaign, oldest first.
    async fn calls(&self, path: &str) -> Vec<Value> {
        let id = path.rsplit('/').next().unwrap();
        let list = format!("/api/v6/call?limit=100&campaign_id={id}");
        let answer = self.app.get(&list).by(&self.alice).await;
        let mut calls = answer.body["calls"].as_array().unwrap().clone();
        calls.reverse();
        calls
    }

    /// Once so many calls were asked for, and what came of it is written down.
    async fn asked(&self, times: u64) {
        self.vapi.asked(times).await;
        self.later(Duration::ZERO).await;
    }

    /// The events of a kind that alice was told.
    async fn told(&self, kind: &str) -> Vec<events::Model> {
        let told = events::Entity::find()
            .filter(events::Column::Kind.eq(kind))
            .filter(events::Column::Owner.eq("alice"));
        told.all(self.app.app.db.read()).await.unwrap()
    }

    /// Lets time pass, and does what is due then.
    async fn later(&self, by: Duration) {
        self.app.advance(by);
        self.app.campaigns.place_due().await.unwrap();
        self.app.calls.place_due().await.unwrap();
    }

    /// As somebody does who has the database in hand.
    async fn sql(&self, sql: &str) {
        let sql = sql.to_owned();
        let write = self.app.app.db.write(move |tx| async move {
            tx.execute_unprepared(&sql).await?;
            Ok(())
        });
        write.await.unwrap();
    }

    /// Each order has rung once at the most, and that many have rung.
    async fn assert_rang(&self, path: &str, rang: u64) {
        let calls = self.calls(path).await;
        for call in &calls {
            let id = call["id"].as_str().unwrap();
            assert!(self.vapi.dials(id) <= 1, "{call}");
        }
        assert_eq!(self.vapi.dials_in_all(), rang);
    }

    async fn finish(self) {
        self.vapi.quiet().await;
        self.app.finish().await;
        self.vapi.stop().await;
    }
}

fn counts(campaign: &Value) -> [i64; 4] {
    ["queued", "active", "completed", "failed"]
        .map(|name| campaign["progress"][name].as_i64().unwrap())
}

fn is(status: &'static str) -> impl Fn(&Value) -> bool {
    move |campaign| campaign["status"] == status
}

/// Calls whose news come back to us. Each is to a number of its own.
fn calls(count: usize) -> Vec<Value> {
    let call = |number: usize| {
        json!({
            "customer": {"number": format!("+1415555{number:04}")},
            "assistant": {"name": "Somebody"},
        })
    };
    (0..count).map(call).collect()
}
