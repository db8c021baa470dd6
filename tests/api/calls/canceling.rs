//! Calls that are not wanted any more.

use std::time::Duration;

use ringback::simulate::Mischief;
use serde_json::json;

use super::{House, NUMBER, a_call, a_requested_call, with};
use crate::support::{
    Receiver, client,
    vapi::{says, status},
};

#[tokio::test]
async fn what_was_not_dialled_is_canceled_at_once() {
    let house = House::open().await;
    let call = house
        .placed(&with(a_call(), "scheduled_at", "2026-01-05T10:00:00Z"))
        .await;
    for _ in 0..2 {
        let canceled = house.cancel(&call["id"]).await;
        assert_eq!(canceled.status, 200, "{canceled:?}");
        assert_eq!(canceled.body["call"]["status"], "CANCELED");
    }
    house.later(Duration::from_secs(7_200)).await;
    assert_eq!(house.dials(&call), 0);
    assert_eq!(
        house.told(&call).await,
        [
            "1 call.status.changed SCHEDULED",
            "2 call.status.changed CANCELED"
        ]
    );
    house.finish().await;
}

#[tokio::test]
async fn whoever_waits_for_the_result_of_a_call_that_is_canceled_has_it_after_the_grace_of_a_report()
 {
    let house = House::open().await;
    let later = with(a_call(), "scheduled_at", "2026-01-05T10:00:00Z");
    let call = house.placed(&later).await;
    let result = format!("/api/v1/vapi/calls/{}", call["id"].as_str().unwrap());
    let wait = house.app.get(&format!("{result}?wait=60s"));
    let asked = tokio::spawn(wait.by(&house.alice).into_future());
    let mut waiting = house.app.desk.waiting();
    waiting.wait_for(|now| *now == 1).await.unwrap();
    assert_eq!(house.cancel(&call["id"]).await.status, 200);
    house.app.advance(Duration::from_secs(5));
    let answer = asked.await.unwrap();
    assert_eq!(answer.body["data"]["status"], "canceled", "{answer:?}");
    house.finish().await;
}

#[tokio::test]
async fn a_live_call_is_ended_at_vapi_and_canceled_on_its_word() {
    let house = House::with(false, &[]).await;
    let call = house.placed(&a_call()).await;
    let asked = house.cancel(&call["vapi_call_id"]).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    assert_eq!(
        asked.body["call"]["status"], "QUEUED",
        "Vapi has not said that it is over"
    );
    let again = house.cancel(&call["id"]).await;
    assert_eq!(again.status, 200, "{again:?}");
    house.finish().await;
}

#[tokio::test]
async fn a_call_that_is_over_cannot_be_canceled() {
    let house = House::where_calls_are_played().await;
    house.misbehaves(Mischief::AnswerLast);
    let mut call = house.placed(&a_requested_call()).await;
    while call["status"] == "CANCELED" {
        call = house.placed(&a_requested_call()).await;
    }
    house
        .cancel(&call["id"])
        .await
        .assert_refused(409, "CONFLICT");
    house.finish().await;
}

#[tokio::test]
async fn a_call_that_nobody_knows_of_is_ended_as_soon_as_it_is_found() {
    let house = House::open().await;
    house.misbehaves(Mischief::FailAfter);
    let call = house.placed(&a_call()).await;
    let asked = house.cancel(&call["id"]).await;
    assert_eq!(
        (asked.status, &asked.body["call"]["placement"]),
        (200, &json!("unconfirmed"))
    );
    house.later(Duration::from_secs(6)).await;
    let found = house.call(&call["id"]).await;
    let again = house.cancel(&found["id"]).await;
    assert_eq!(again.status, 200, "at Vapi it is over: {again:?}");
    assert_eq!(house.dials(&call), 1);
    house.finish().await;
}

#[tokio::test]
async fn where_there_is_no_number_to_call_from_a_live_call_is_ended_all_the_same() {
    let house = House::with(false, &[("VAPI_PHONE_NUMBER_ID", "")]).await;
    let taken = client().post(format!("{}/call", house.vapi.url()));
    let taken = taken.bearer_auth("key").json(&json!({
        "assistantId": "an-assistant", "phoneNumberId": "of-another", "customer": {"number": NUMBER},
    }));
    assert_eq!(taken.send().await.unwrap().status(), 201);
    let vapi_id = house.newest_at_vapi().await["id"].clone();
    says(
        &house.app,
        status(vapi_id.as_str().unwrap(), "alice", "in-progress"),
    )
    .await;
    let asked = house.cancel(&vapi_id).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    assert_eq!(house.newest_at_vapi().await["status"], "ended");
    house.finish().await;
}

#[tokio::test]
async fn without_a_key_nothing_is_ended_and_the_key_is_what_is_named() {
    let house = House::with(false, &[("VAPI_API_KEY", "")]).await;
    says(&house.app, status("v1", "alice", "in-progress")).await;
    let refused = house.cancel(&json!("v1")).await;
    refused.assert_refused(503, "VAPI_NOT_CONFIGURED");
    assert!(refused.text.contains("cannot be ended here"), "{refused:?}");
    assert!(refused.text.contains("VAPI_API_KEY"), "{refused:?}");
    house.finish().await;
}

#[tokio::test]
async fn a_key_that_vapi_does_not_take_is_the_operators_matter_and_not_worth_another_try() {
    let vapi = Receiver::start().await;
    let house = House::with(false, &[("VAPI_BASE_URL", &vapi.url())]).await;
    says(&house.app, status("v1", "alice", "in-progress")).await;
    vapi.replies([401]);
    let refused = house.cancel(&json!("v1")).await;
    refused.assert_refused(502, "VAPI_REJECTED");
    assert!(refused.text.contains("operator"), "{refused:?}");
    assert_eq!(refused.header("retry-after"), "");
    house.finish().await;
}
