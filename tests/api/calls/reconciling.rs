//! News that did not come: Vapi is asked for it, gently.

use std::time::Duration;

use entity::inquiries::Entity;
use ringback::{
    ingest::{
        Ingest,
        spool::{BYTES_MAX, Spool},
    },
    simulate::Mischief,
};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{House, a_call, a_requested_call};
use crate::support::{
    client,
    vapi::{call as row, says, status},
};

const ON: &[(&str, &str)] = &[("RINGBACK_RECONCILE_EVERY", "30s")];
const SECOND: Duration = Duration::from_secs(1);
/// As long as our own assistant's calls may last, and four rounds more.
const SILENT_FOR_TOO_LONG: Duration = Duration::from_secs(720);
const AN_HOUR: Duration = Duration::from_secs(3_600);

impl House {
    /// Time passes, and what is overdue then is asked about.
    async fn asks_after(&self, time: Duration) {
        self.app.advance(time);
        self.app.ingest.announce_due(&self.app.app).await.unwrap();
        self.app.ingest.reconcile().await.unwrap();
    }

    /// The kinds of what was told of a call, in order.
    async fn kinds(&self, call: &Value) -> Vec<String> {
        let told = self.told(call).await;
        let kind = |line: String| line.split(' ').nth(1).unwrap().to_owned();
        told.into_iter().map(kind).collect()
    }

    async fn result(&self, call: &Value) -> Value {
        let path = format!("/api/v1/vapi/calls/{}", call["id"].as_str().unwrap());
        let answer = self.app.get(&path).by(&self.alice).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["data"].clone()
    }

    /// Another taking in with a spool of its own, which nobody drains.
    async fn ingest_beside(&self, spooled: &[&str]) -> Ingest {
        let mut app = self.app.app.clone();
        app.config.delivery.reconcile_every = Some(30 * SECOND);
        app.config.storage.data_dir = self
            .app
            .data_dir()
            .join(format!("beside-{}", spooled.len()));
        let (data_dir, clock) = (&app.config.storage.data_dir, app.clock.clone());
        let spool = Spool::open(data_dir, app.seal.clone(), clock, BYTES_MAX).unwrap();
        for record in spooled {
            spool.append(record.as_bytes().to_vec()).await.unwrap();
        }
        drop(spool);
        let (tools, deliveries) = (self.app.tools.clone(), self.app.deliveries.clone());
        Ingest::open(&app, &self.app.membership, tools, deliveries).unwrap()
    }

    async fn forgets(&self, call: &Value) {
        let id = self.at_vapi(call).await["id"].as_str().unwrap().to_owned();
        let gone = client().delete(format!("{}/call/{id}", self.vapi.url()));
        let answer = gone.bearer_auth("key").send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// Calls of every story that there is, until one of them is to end well.
    async fn placed_until_one_ends_well(&self) -> Value {
        for _ in 0..12 {
            let call = self.placed(&a_requested_call()).await;
            self.vapi.quiet().await;
            let reason = self.at_vapi(&call).await["endedReason"].clone();
            if reason == "assistant-ended-call" || reason == "customer-ended-call" {
                return call;
            }
        }
        panic!("no call ends well");
    }
}

#[tokio::test]
async fn a_lost_report_is_asked_for_and_its_result_is_told_once() {
    let house = House::with(true, ON).await;
    house.misbehaves(Mischief::LoseReport);
    let call = house.placed_until_one_ends_well().await;
    house.asks_after(6 * SECOND).await;
    assert_eq!(house.kinds(&call).await.last().unwrap(), "call.completed");
    assert_eq!(house.result(&call).await["transcript"], "");

    house.asks_after(AN_HOUR).await;
    let kinds = house.kinds(&call).await;
    let told = |kind: &str| kinds.iter().filter(|told| *told == kind).count();
    assert_eq!((told("call.completed"), told("call.report")), (1, 1));
    let result = house.result(&call).await;
    assert_eq!(
        result["transcript"],
        house.at_vapi(&call).await["artifact"]["transcript"]
    );
    assert!(!result["analysis"]["summary"].as_str().unwrap().is_empty());

    house.asks_after(AN_HOUR).await;
    assert_eq!(house.kinds(&call).await, kinds);
    house.finish().await;
}

#[tokio::test]
async fn a_call_of_which_all_news_was_lost_ends_with_its_result_and_the_late_report_is_known() {
    let house = House::with(true, ON).await;
    house.misbehaves(Mischief::Silence);
    let call = house.placed_until_one_ends_well().await;
    house.asks_after(SILENT_FOR_TOO_LONG - SECOND).await;
    assert_eq!(house.call(&call["id"]).await["status"], "QUEUED");

    house.asks_after(SECOND).await;
    assert_eq!(house.call(&call["id"]).await["status"], "ENDED");
    let told = [
        "call.status.changed",
        "call.status.changed",
        "call.completed",
    ];
    assert_eq!(house.kinds(&call).await, told);
    assert_ne!(house.result(&call).await["transcript"], "");

    let mut late = house.at_vapi(&call).await;
    late["type"] = json!("end-of-call-report");
    late["call"] = json!({"id": late["id"]});
    let answer = says(&house.app, late).await;
    assert_eq!(answer.body["duplicate"], true, "{answer:?}");
    assert_eq!(house.kinds(&call).await, told);
    house.finish().await;
}

#[tokio::test]
async fn nobody_is_asked_while_the_news_may_wait_in_our_own_spool() {
    let house = House::with(false, &[]).await;
    house.placed(&a_call()).await;
    house.app.advance(SILENT_FOR_TOO_LONG);
    let with_news = house.ingest_beside(&["news"]).await;
    with_news.reconcile().await.unwrap();
    assert_eq!(house.vapi.looks(), 0);
    let without = house.ingest_beside(&[]).await;
    without.reconcile().await.unwrap();
    assert_eq!(house.vapi.looks(), 1);
    house.finish().await;
}

#[tokio::test]
async fn of_a_call_that_goes_on_vapi_is_asked_more_and_more_rarely() {
    let house = House::with(false, ON).await;
    let call = house.placed(&a_call()).await;
    let mut asked_at = Vec::new();
    for minute in 0..90 {
        let before = house.vapi.looks();
        house.asks_after(60 * SECOND).await;
        assert!(house.vapi.looks() - before <= 1);
        asked_at.extend((house.vapi.looks() > before).then_some(minute + 1));
    }
    assert_eq!(asked_at, [12, 13, 18, 48]);
    assert_eq!(house.call(&call["id"]).await["status"], "QUEUED");
    house.finish().await;
}

#[tokio::test]
async fn a_call_that_vapi_does_not_know_is_given_up_and_a_late_report_still_enriches_it() {
    let house = House::with(false, ON).await;
    let call = house.placed(&a_call()).await;
    let vapi_id = house.call(&call["id"]).await["vapi_call_id"].clone();
    house.forgets(&call).await;
    house.asks_after(SILENT_FOR_TOO_LONG).await;
    let given_up = house.call(&call["id"]).await;
    assert_eq!(
        [
            &given_up["status"],
            &given_up["outcome"],
            &given_up["ended_reason"]
        ],
        ["TIMEOUT", "timeout", "unknown-to-vapi"]
    );
    let mut told = house.told(&call).await;
    let expected = [
        "1 call.status.changed QUEUED",
        "2 call.status.changed TIMEOUT",
        "3 call.failed TIMEOUT",
    ];
    assert_eq!(told, expected);

    says(
        &house.app,
        json!({"type": "end-of-call-report", "endedReason": "customer-ended-call",
            "artifact": {"transcript": "User: Hello."}, "call": {"id": vapi_id}}),
    )
    .await;
    told = house.told(&call).await;
    assert_eq!(told[3..], ["4 call.report TIMEOUT"]);
    assert_eq!(house.result(&call).await["transcript"], "User: Hello.");
    house.finish().await;
}

#[tokio::test]
async fn where_vapi_says_that_it_is_too_much_it_is_left_alone() {
    let house = House::with(false, ON).await;
    let calls = [house.placed(&a_call()).await, house.placed(&a_call()).await];
    house.misbehaves(Mischief::Busy);
    house.asks_after(SILENT_FOR_TOO_LONG).await;
    assert_eq!(house.vapi.looks(), 1, "one no is enough");
    house.behaves();
    house.asks_after(SECOND / 2).await;
    assert_eq!(house.vapi.looks(), 1, "it wanted a second");
    house.asks_after(SECOND / 2).await;
    assert_eq!(house.vapi.looks(), 3, "no question was used up");
    for call in calls {
        assert_eq!(house.call(&call["id"]).await["status"], "QUEUED");
    }
    house.finish().await;
}

#[tokio::test]
async fn of_several_servers_one_asks() {
    let house = House::with(false, ON).await;
    let url = house.vapi.url();
    let same = [
        ("VAPI_API_KEY", "a-vapi-key"),
        ("VAPI_BASE_URL", &url),
        ON[0],
    ];
    let Some(other) = house.app.beside(&same).await else {
        return house.finish().await;
    };
    for _ in 0..5 {
        house.placed(&a_call()).await;
    }
    house.app.advance(SILENT_FOR_TOO_LONG);
    let rounds = futures_util::join!(house.app.ingest.reconcile(), other.ingest.reconcile());
    rounds.0.unwrap();
    rounds.1.unwrap();
    assert_eq!(house.vapi.looks(), 5);
    other.finish().await;
    house.finish().await;
}

#[tokio::test]
async fn a_call_that_has_its_report_is_not_asked_about() {
    let house = House::with(true, ON).await;
    for _ in 0..4 {
        house.placed(&a_requested_call()).await;
    }
    house.vapi.quiet().await;
    house.asks_after(AN_HOUR).await;
    let unreported = house.vapi.looks();
    let asked = Entity::find().count(house.app.app.db.read()).await.unwrap();
    assert_eq!(unreported, asked, "some stories have no report");
    assert!(unreported < 4);
    house.asks_after(72 * AN_HOUR).await;
    house.asks_after(72 * AN_HOUR).await;
    let left = Entity::find().count(house.app.app.db.read()).await.unwrap();
    assert_eq!(left, 0, "questions are forgotten");
    house.finish().await;
}

#[tokio::test]
async fn an_id_that_leads_elsewhere_is_in_nobodys_way() {
    let house = House::with(false, ON).await;
    for id in ["..", "a/b?c=d", "#"] {
        says(&house.app, status(id, "alice", "in-progress")).await;
    }
    let call = house.placed(&a_call()).await;
    house.forgets(&call).await;
    house.asks_after(SILENT_FOR_TOO_LONG).await;
    assert_eq!(house.call(&call["id"]).await["status"], "TIMEOUT");
    assert_eq!(row(&house.app, "..").await.outcome, None);
    house.finish().await;
}
