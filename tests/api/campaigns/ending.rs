//! Ends are counted once, however often and late they are told.

use entity::{CallId, calls};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{House, calls, counts};
use crate::support::vapi;

impl House {
    /// What Vapi says of a campaign's call, by its number.
    pub(super) async fn hears(&self, path: &str, number: usize, said: impl Fn(&str) -> Value) {
        let call = self.calls(path).await[number]["id"].clone();
        let id: CallId = call.as_str().unwrap().parse().unwrap();
        // It was asked for, and is known by its order from the moment of that on.
        let row = calls::Entity::find_by_id(id);
        let row = row.one(self.app.app.db.read()).await.unwrap().unwrap();
        let vapi_id = row.vapi_call_id.unwrap_or_else(|| format!("at-vapi-{id}"));
        let mut message = said(&vapi_id);
        message["call"]["type"] = "outboundPhoneCall".into();
        message["call"]["metadata"]["requestId"] = call;
        vapi::says(&self.app, message).await;
    }

    pub(super) async fn ends(&self, path: &str, number: usize) {
        self.hears(path, number, |id| vapi::ended(id, "alice", vapi::WELL))
            .await;
    }
}

#[tokio::test]
async fn duplicates_and_what_comes_late_count_nothing_twice() {
    let house = House::open().await;
    let path = house.started(3, calls(3)).await;
    house.asked(3).await;
    house.ends(&path, 0).await;
    house.ends(&path, 0).await;
    house
        .hears(&path, 0, |id| vapi::status(id, "alice", "ringing"))
        .await;
    house
        .hears(&path, 0, |id| {
            vapi::report(id, "alice", vapi::WELL, "Short.")
        })
        .await;
    house
        .hears(&path, 0, |id| {
            vapi::report(id, "alice", "customer-busy", "Else.")
        })
        .await;
    assert_eq!(house.counts(&path).await, [0, 2, 1, 0]);

    house
        .hears(&path, 1, |id| vapi::ended(id, "alice", "customer-busy"))
        .await;
    assert_eq!(house.counts(&path).await, [0, 1, 1, 1]);
    house.ends(&path, 2).await;
    let campaign = house.read(&path).await;
    assert_eq!(counts(&campaign), [0, 0, 2, 1]);
    assert_eq!(campaign["status"], "COMPLETED");
    assert_eq!(campaign["completed_at"], "2026-01-05T09:00:00.000Z");
    assert_eq!(house.told("campaign.completed").await.len(), 1);
    house.finish().await;
}

#[tokio::test]
async fn the_last_ends_of_a_batch_complete_it_once() {
    let house = House::open().await;
    let path = house.started(20, calls(20)).await;
    house.asked(20).await;
    let ends = (0..20).map(|number| house.ends(&path, number));
    futures_util::future::join_all(ends).await;
    let campaign = house.read(&path).await;
    assert_eq!(counts(&campaign), [0, 0, 20, 0]);
    assert_eq!(campaign["status"], "COMPLETED");
    assert_eq!(house.told("campaign.completed").await.len(), 1);
    house.finish().await;
}

#[tokio::test]
async fn a_campaign_whose_waiting_calls_are_canceled_one_by_one_is_completed_by_the_last() {
    let house = House::open().await;
    let path = house.started(1, calls(3)).await;
    house.asked(1).await;
    let waiting = house.calls(&path).await;
    for call in &waiting[1..] {
        let cancel = format!("/api/v6/call/{}/cancel", call["id"].as_str().unwrap());
        let canceled = house.app.post(&cancel).by(&house.alice).await;
        assert_eq!(canceled.body["call"]["status"], "CANCELED", "{canceled:?}");
    }
    assert_eq!(house.counts(&path).await, [0, 1, 0, 2]);
    house.ends(&path, 0).await;
    let campaign = house.read(&path).await;
    assert_eq!(
        (counts(&campaign), &campaign["status"]),
        ([0, 0, 1, 2], &json!("COMPLETED"))
    );
    house.finish().await;
}

#[tokio::test]
async fn what_ended_while_it_was_paused_is_completed_as_it_is_resumed() {
    let house = House::open().await;
    let path = house.started(1, calls(1)).await;
    house.asked(1).await;
    house.does(&path, "pause").await;
    house.ends(&path, 0).await;
    assert_eq!(house.read(&path).await["status"], "PAUSED");
    assert_eq!(house.does(&path, "resume").await["status"], "COMPLETED");
    assert_eq!(house.told("campaign.completed").await.len(), 1);
    house.finish().await;
}

#[tokio::test]
async fn a_campaign_without_calls_runs_on_and_takes_some() {
    let house = House::where_calls_are_played().await;
    let path = house.started(1, Vec::new()).await;
    let empty = house.read(&path).await;
    assert_eq!(
        (&empty["status"], &empty["progress"]["percent"]),
        (&json!("RUNNING"), &json!(0))
    );
    house.adds(&path, calls(2)).await;
    house.completed(&path).await;
    house.assert_rang(&path, 2).await;
    house.finish().await;
}

#[tokio::test]
async fn a_call_that_has_ended_before_anybody_knew_whose_it_was_is_counted() {
    let house = House::open().await;
    let path = house.campaign(1, calls(1)).await;
    // The answer is lost, and Vapi speaks of the call without our order's id.
    house
        .vapi
        .misbehave([ringback::simulate::Mischief::FailAfter.to_all()]);
    house.does(&path, "start").await;
    house.asked(1).await;
    let at_vapi = house.at_vapi().await;
    vapi::says(&house.app, vapi::ended(&at_vapi, "alice", vapi::WELL)).await;
    house.later(std::time::Duration::from_secs(6)).await;
    let campaign = house.completed(&path).await;
    assert_eq!(counts(&campaign), [0, 0, 1, 0]);
    assert_eq!(house.vapi.dials_in_all(), 1);
    house.finish().await;
}

impl House {
    /// The id of the only call that Vapi has.
    async fn at_vapi(&self) -> String {
        let list = crate::support::client().get(format!("{}/call", self.vapi_url));
        let list = list.bearer_auth("key").send().await.unwrap();
        let calls: Vec<Value> = list.json().await.unwrap();
        calls[0]["id"].as_str().unwrap().to_owned()
    }
}
