//! Calls that Vapi announced without our mark, before we knew that they were ours.

use std::time::Duration;

use ringback::simulate::Mischief;
use serde_json::{Value, json};

use super::{House, a_call};
use crate::support::{
    client,
    vapi::{WELL, says},
};

const SOON: Duration = Duration::from_secs(6);

impl House {
    /// A call that Vapi has, though its answer was lost.
    async fn unconfirmed(&self) -> Value {
        self.misbehaves(Mischief::FailAfter);
        self.placed(&a_call()).await
    }

    /// Vapi speaks of its only call and names nothing of ours; its id there.
    async fn announces_without_our_mark(&self) -> String {
        let known = client().get(format!("{}/call", self.vapi.url()));
        let known = known.bearer_auth("key").send().await.unwrap();
        let known: Value = known.json().await.unwrap();
        let id = known[0]["id"].as_str().unwrap().to_owned();
        let call = json!({"id": id, "type": "outboundPhoneCall"});
        let news = json!({"type": "status-update", "status": "ringing", "call": call});
        says(&self.app, news).await;
        id
    }

    async fn reports(&self, vapi_id: &str) {
        let report = json!({
            "type": "end-of-call-report", "endedReason": WELL,
            "artifact": {"transcript": "User: Hello."}, "call": {"id": vapi_id},
        });
        says(&self.app, report).await;
    }
}

#[tokio::test]
async fn a_call_that_vapi_announced_without_our_mark_is_the_one_that_was_placed() {
    let house = House::open().await;
    let call = house.unconfirmed().await;
    let vapi_id = house.announces_without_our_mark().await;
    house.later(SOON).await;
    let found = house.call(&call["id"]).await;
    assert_eq!(
        (&found["status"], &found["vapi_call_id"]),
        (&json!("RINGING"), &json!(vapi_id))
    );
    assert_eq!(found["customer"]["name"], "Ace Plumbing");
    assert_eq!(house.vapi.dials_in_all(), 1);
    house.finish().await;
}

#[tokio::test]
async fn a_call_that_took_the_place_of_an_order_is_found_everywhere_by_the_id_of_the_order() {
    let house = House::open().await;
    let hook = house.app.paused_subscription_of("alice").await;
    let mallory = house.app.user("mallory").await;
    let call = house.unconfirmed().await;
    let ordered = call["id"].as_str().unwrap();
    let vapi_id = house.announces_without_our_mark().await;
    house.later(SOON).await;
    house.reports(&vapi_id).await;
    for path in [
        "/api/v6/call/{id}",
        "/api/v6/call/{id}/events",
        "/api/v1/vapi/calls/{id}",
        "/api/v1/vapi/calls/{id}?view=record",
        "/api/v1/sessions/{id}",
        "/api/v1/sessions/{id}/messages",
        "/api/v1/sessions/{id}/summary",
        "/api/v6/call/webhook/events?call_id={id}",
        "/api/v6/call/webhook/subscriptions/{hook}/deliveries?call_id={id}",
    ] {
        let path = path.replace("{hook}", &hook.to_string());
        let read = |id: &str, token: &str| house.app.get(&path.replace("{id}", id)).by(token);
        let by_order = read(ordered, &house.alice).await;
        let by_vapis = read(&vapi_id, &house.alice).await;
        assert_eq!(by_order.status, 200, "{path}: {by_order:?}");
        assert_eq!(by_order.body, by_vapis.body, "{path}");
        let not_hers = read(ordered, &mallory).await;
        not_hers.assert_refused(404, "NOT_FOUND");
    }
    let claim = house.app.post("/api/v1/sessions").by(&house.alice);
    let claimed = claim.json(&json!({ "session_id": ordered })).await;
    assert_eq!(claimed.status, 200, "{claimed:?}");
    let result = format!("/api/v1/vapi/calls/{ordered}");
    let refused = house.app.delete(&result).by(&mallory).await;
    refused.assert_refused(404, "NOT_FOUND");
    let dismissed = house.app.delete(&result).by(&house.alice).await;
    assert_eq!(dismissed.status, 200, "{dismissed:?}");
    house.finish().await;
}

#[tokio::test]
async fn whoever_waits_by_the_id_of_an_order_is_answered_when_the_call_in_its_place_is_over() {
    let house = House::open().await;
    let call = house.unconfirmed().await;
    let result = format!("/api/v1/vapi/calls/{}", call["id"].as_str().unwrap());
    let wait = house.app.get(&format!("{result}?wait=60s"));
    let asked = tokio::spawn(wait.by(&house.alice).into_future());
    let mut waiting = house.app.desk.waiting();
    waiting.wait_for(|now| *now == 1).await.unwrap();
    let vapi_id = house.announces_without_our_mark().await;
    house.later(SOON).await;
    house.reports(&vapi_id).await;
    let answer = asked.await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["data"]["callId"], vapi_id.as_str());
    house.finish().await;
}
