//! A replay under an Idempotency-Key is made once, though it is no single
//! transaction.

use std::time::Duration;

use entity::{Sealed, SubscriptionId, idempotency_keys, lanes::LaneState};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use super::WEBHOOK;
use crate::support::{Answer, TestApp};

async fn one_that_failed(app: &TestApp) -> SubscriptionId {
    let id = app.subscription_of("alice").await;
    app.change_lane(id, |lane| lane.state = Set(LaneState::Paused))
        .await;
    let event = app.event_of("alice", None, "call.completed").await;
    app.ended(id, &event, "timeout").await;
    id
}

async fn replay(app: &TestApp, id: SubscriptionId, token: &str, wish: &Value) -> Answer {
    let path = format!("{WEBHOOK}/subscriptions/{id}/replay");
    app.post(&path)
        .by(token)
        .header("idempotency-key", "once")
        .json(wish)
        .await
}

fn everything() -> Value {
    json!({"since": "2026-01-05T09:00:00Z", "which": "all"})
}

/// As if the process had died before it could answer.
async fn forget_the_answer(app: &TestApp) {
    let kept = idempotency_keys::Entity::find().one(app.app.db.read());
    let mut row = kept.await.unwrap().unwrap().into_active_model();
    row.status = Set(0);
    row.answer = Set(Sealed(Vec::new()));
    let forgotten = app
        .app
        .db
        .write(|tx| async move { Ok(row.update(&*tx).await?) });
    forgotten.await.unwrap();
}

#[tokio::test]
async fn the_same_request_again_is_answered_and_not_made() {
    let app = TestApp::silent().await;
    let subscription = one_that_failed(&app).await;
    let alice = app.user("alice").await;
    let first = replay(&app, subscription, &alice, &everything()).await;
    assert_eq!((first.status, &first.body["count"]), (200, &json!(1)));
    let again = replay(&app, subscription, &alice, &everything()).await;
    assert_eq!(again.text, first.text);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(app.queue().await.len(), 1);
    let other = json!({"since": "2026-01-05T09:00:00Z", "which": "failed"});
    replay(&app, subscription, &alice, &other)
        .await
        .assert_refused(409, "IDEMPOTENCY_KEY_REUSED");
    app.finish().await;
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let app = TestApp::silent().await;
    let subscription = one_that_failed(&app).await;
    let alice = app.user("alice").await;
    let wrong = json!({"since": "yesterday", "which": "all"});
    replay(&app, subscription, &alice, &wrong)
        .await
        .assert_refused(400, "INVALID_REQUEST");
    let right = replay(&app, subscription, &alice, &everything()).await;
    assert_eq!(right.status, 200, "{right:?}");
    app.finish().await;
}

#[tokio::test]
async fn while_the_first_runs_the_second_is_told_to_ask_again_and_a_dead_one_is_forgotten() {
    let app = TestApp::silent().await;
    let subscription = one_that_failed(&app).await;
    let alice = app.user("alice").await;
    replay(&app, subscription, &alice, &everything()).await;
    forget_the_answer(&app).await;
    let runs = replay(&app, subscription, &alice, &everything()).await;
    runs.assert_refused(409, "CONFLICT");
    assert_eq!(runs.header("retry-after"), "5");
    app.advance(Duration::from_secs(10 * 60));
    let again = replay(&app, subscription, &alice, &everything()).await;
    assert_eq!(again.status, 200, "{again:?}");
    // What the first had queued before it died is not queued again.
    assert_eq!(app.queue().await.len(), 1);
    app.finish().await;
}
