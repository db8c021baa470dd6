//! Schedules, against Vapi's stand-in, which counts how often a telephone has rung.

mod bounds;
mod faults;
mod missed;
mod placing;
mod replicas;
mod resource;

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use entity::{CallId, calls, schedule_runs};
use ringback::simulate::{Part, Proof, StandIn};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, client, clock};

const SCHEDULES: &str = "/api/v6/call/schedules";
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Vapi's stand-in, and beside it a server that places its calls there. It is nine o'clock.
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

/// A schedule of this expression in UTC.
fn at(cron: &str) -> Value {
    json!({"cron": cron, "timezone": "UTC", "call": {"customer": {"number": "+14155550123"}}})
}

fn with(mut wanted: Value, field: &str, value: impl Into<Value>) -> Value {
    wanted[field] = value.into();
    wanted
}

impl House {
    async fn open() -> Self {
        let clock = clock();
        let part = Part {
            seed: 7,
            clock: clock.clone(),
            client: client(),
            target: "http://127.0.0.1:9".parse().unwrap(),
            proof: Proof::Nothing,
            speed: 0.0,
            plays: false,
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

    async fn wants(&self, schedule: &Value) -> Answer {
        self.app
            .post(SCHEDULES)
            .by(&self.alice)
            .json(schedule)
            .await
    }

    /// The path of a schedule that was made.
    async fn schedules(&self, schedule: &Value) -> String {
        let made = self.wants(schedule).await;
        assert_eq!(made.status, 201, "{made:?}");
        let id = made.body["schedule"]["id"].as_str().unwrap();
        format!("{SCHEDULES}/{id}")
    }

    async fn read(&self, path: &str) -> Value {
        let read = self.app.get(path).by(&self.alice).await;
        assert_eq!(read.status, 200, "{read:?}");
        read.body
    }

    async fn change(&self, path: &str, change: &Value) -> Answer {
        self.app
            .ask("PATCH", path)
            .by(&self.alice)
            .json(change)
            .await
    }

    /// Lets time pass, and does what is due then.
    async fn later(&self, by: Duration) {
        self.app.advance(by);
        self.app.schedules.place_due().await.unwrap();
        self.app.calls.place_due().await.unwrap();
    }

    /// What became of all runs: the time of each and its state, oldest first.
    async fn runs(&self) -> Vec<String> {
        let runs = schedule_runs::Entity::find().order_by_asc(schedule_runs::Column::DueAt);
        let runs = runs.all(self.app.app.db.read()).await.unwrap();
        let line = |run: schedule_runs::Model| {
            let due = ringback::infra::clock::rfc3339(run.due_at);
            format!("{} {:?}", &due[5..19], run.state)
        };
        runs.into_iter().map(line).collect()
    }

    /// How often the telephone has rung for each call there is.
    async fn dials(&self) -> BTreeMap<CallId, u64> {
        let calls = calls::Entity::find().all(self.app.app.db.read());
        let dials = |call: calls::Model| (call.id, self.vapi.dials(&call.id.to_string()));
        calls.await.unwrap().into_iter().map(dials).collect()
    }

    /// As many calls as that, and each has rung once.
    async fn assert_rang(&self, calls: usize) {
        let dials = self.dials().await;
        assert_eq!(dials.len(), calls, "{dials:?}");
        assert!(dials.values().all(|rang| *rang == 1), "{dials:?}");
    }

    async fn finish(self) {
        self.vapi.quiet().await;
        self.app.finish().await;
        self.vapi.stop().await;
    }
}
