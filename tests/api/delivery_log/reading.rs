//! One delivery: what is sent, every attempt, and why it stands where it stands.

use entity::{lanes::LaneState, subscriptions::SubscriptionScope};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::WEBHOOK;
use crate::support::{ADMIN_KEY, TestApp};

#[tokio::test]
async fn a_delivery_shows_its_payload_to_the_byte_and_every_attempt() {
    let app = TestApp::silent().await;
    let subscription = app.subscription_of("alice").await;
    let event = app
        .event_with("alice", None, "call.completed", json!({"cost": 0.45}))
        .await;
    app.tried(subscription, &event, |_| {}).await;
    let id = app
        .tried(subscription, &event, |attempt| {
            attempt.attempt = Set(Some(2));
            attempt.outcome = Set("delivered".to_owned());
            attempt.status_code = Set(Some(204));
            attempt.error = Set(None);
            attempt.response = Set(None);
            attempt.r#final = Set(true);
        })
        .await;

    let body = app.delivery(id).await.body;
    let delivery = &body["delivery"];
    assert_eq!(delivery["status"], "delivered");
    assert_eq!(delivery["attempts"], 2);
    assert_eq!(delivery["replay"], false);
    assert_eq!(delivery["why"]["reason"], "delivered");
    assert_eq!(delivery["payload"]["data"]["cost"], 0.45);
    let text = delivery["payload_text"].as_str().unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(text).unwrap(),
        delivery["payload"]
    );
    let attempts = delivery["attempt_log"].as_array().unwrap();
    assert_eq!(attempts.len(), 2);
    assert_eq!(
        attempts[0],
        json!({
            "number": 1, "at": "2026-01-05T09:00:00.000Z", "duration_ms": 35,
            "timing": {"dns_ms": 1.2, "connect_ms": 0.8, "tls_ms": null, "first_byte_ms": 31.0},
            "outcome": "status", "status_code": 500,
            "error": "the receiver failed by itself", "response": "oh no",
        })
    );
    assert_eq!(attempts[1]["status_code"], 204);
    app.finish().await;
}

#[tokio::test]
async fn a_delivery_that_waits_says_for_what() {
    let app = TestApp::silent().await;
    let subscription = app.subscription_of("alice").await;
    let event = app.event_of("alice", None, "call.completed").await;
    let due_at = app.clock.millis() + 5_000;
    let id = app
        .waits(subscription, &event, 1, |row| row.due_at = Set(due_at))
        .await;

    let why = |body: &serde_json::Value| {
        let why = &body["delivery"]["why"];
        (why["reason"].clone(), why["until"].clone())
    };
    let scheduled = app.delivery(id).await.body;
    assert_eq!(
        why(&scheduled),
        (json!("schedule"), json!("2026-01-05T09:00:05.000Z"))
    );
    app.change_lane(subscription, |lane| {
        lane.state = Set(LaneState::Failing);
        lane.consecutive_failures = Set(5);
        lane.next_probe_at = Set(Some(due_at + 1_000));
    })
    .await;
    let held = app.delivery(id).await.body;
    assert_eq!(held["delivery"]["status"], "held");
    assert_eq!(
        why(&held),
        (json!("breaker"), json!("2026-01-05T09:00:06.000Z"))
    );
    app.change_lane(subscription, |lane| {
        lane.state = Set(LaneState::Deactivated);
        lane.deactivated_at = Set(Some(1));
        lane.deactivated_reason = Set(Some("15 failures in a row".to_owned()));
    })
    .await;
    let given_up = app.delivery(id).await.body;
    assert_eq!(why(&given_up), (json!("deactivated"), json!(null)));
    let message = given_up["delivery"]["why"]["message"].as_str().unwrap();
    assert!(message.contains("15 failures in a row"), "{message}");
    app.finish().await;
}

#[tokio::test]
async fn a_delivery_names_the_earlier_one_of_its_call_that_goes_first() {
    let app = TestApp::silent().await;
    let subscription = app.subscription_of("alice").await;
    app.change_lane(subscription, |lane| lane.drop_before = Set(None))
        .await;
    let call = app.call_of("alice").await;
    let first = app
        .event_of("alice", Some(call.id), "call.status.changed")
        .await;
    let second = app.event_of("alice", Some(call.id), "call.completed").await;
    let first = app.waits(subscription, &first, 0, |_| {}).await;
    let second = app.waits(subscription, &second, 0, |_| {}).await;
    let behind = app.delivery(second).await.body;
    let why = &behind["delivery"]["why"];
    assert_eq!(why["reason"], "order");
    assert!(
        why["message"]
            .as_str()
            .unwrap()
            .contains(&first.to_string())
    );
    let ahead = app.delivery(first).await.body;
    assert_ne!(ahead["delivery"]["why"]["reason"], "order");
    app.finish().await;
}

#[tokio::test]
async fn what_hears_everybody_is_shown_to_admins_alone() {
    let app = TestApp::silent().await;
    let subscription = app
        .subscription("alice", |row| row.scope = Set(SubscriptionScope::All))
        .await;
    let bobs = app.event_of("bob", None, "call.completed").await;
    let id = app.ended(subscription, &bobs, "delivered").await;
    let listed = app.deliveries(subscription, "").await;
    listed.assert_refused(404, "NOT_FOUND");
    let path = format!("{WEBHOOK}/deliveries/{id}");
    let alice = app.user("alice").await;
    let hers = app.get(&path).by(&alice).await;
    hers.assert_refused(404, "NOT_FOUND");
    assert_eq!(app.get(&path).by(ADMIN_KEY).await.status, 200);
    app.finish().await;
}
