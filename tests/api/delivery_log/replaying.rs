//! Telling a subscription again what it was told before.

use std::time::Duration;

use entity::{DeliveryId, SubscriptionId, delivery_attempts, events, lanes::LaneState};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};

use super::WEBHOOK;
use crate::support::{Answer, TestApp};

const BEGINNING: &str = "2026-01-05T09:00:00Z";

/// A subscription that is paused, so that what is queued stays where it is.
async fn paused(app: &TestApp) -> SubscriptionId {
    let id = app.subscription_of("alice").await;
    app.change_lane(id, |lane| lane.state = Set(LaneState::Paused))
        .await;
    id
}

async fn replay(app: &TestApp, id: SubscriptionId, wish: &Value) -> Answer {
    let alice = app.user("alice").await;
    let path = format!("{WEBHOOK}/subscriptions/{id}/replay");
    app.post(&path).by(&alice).json(wish).await
}

async fn count(app: &TestApp, id: SubscriptionId, wish: Value) -> u64 {
    let answer = replay(app, id, &wish).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["count"].as_u64().unwrap()
}

#[tokio::test]
async fn what_failed_is_queued_again_as_new_deliveries_of_the_same_events() {
    let app = TestApp::silent().await;
    let subscription = paused(&app).await;
    let delivered = app.event_of("alice", None, "call.completed").await;
    let failed = app.event_of("alice", None, "call.failed").await;
    let dropped = app.event_of("alice", None, "call.completed").await;
    let later = app.event_of("alice", None, "call.completed").await;
    app.ended(subscription, &delivered, "delivered").await;
    app.ended(subscription, &failed, "timeout").await;
    app.ended(subscription, &dropped, "dropped").await;
    // It failed, and was delivered when it was sent once more.
    app.ended(subscription, &later, "dns").await;
    app.ended(subscription, &later, "delivered").await;

    let wish = json!({"since": BEGINNING, "which": "failed", "dry_run": true});
    assert_eq!(count(&app, subscription, wish).await, 1);
    assert!(app.queue().await.is_empty());
    let wish = json!({"since": BEGINNING, "which": "failed"});
    assert_eq!(count(&app, subscription, wish.clone()).await, 1);
    let [row] = &app.queue().await[..] else {
        panic!("one row waits");
    };
    assert_eq!(row.event_id, failed.id);
    assert_eq!((row.attempt, row.steps, row.replay), (0, 0, true));
    assert_eq!(row.position, failed.position);
    assert_ne!(row.id, DeliveryId::of(subscription, failed.id));
    // It waits now, so it is not queued a second time.
    assert_eq!(count(&app, subscription, wish).await, 0);
    let wish = json!({"since": BEGINNING, "which": "all"});
    assert_eq!(count(&app, subscription, wish).await, 4);
    assert_eq!(app.queue().await.len(), 4);
    app.finish().await;
}

#[tokio::test]
async fn what_a_replay_has_delivered_is_not_missing_any_more() {
    let app = TestApp::silent().await;
    let subscription = paused(&app).await;
    let another = app.subscription_of("alice").await;
    let failed = app.event_of("alice", None, "call.failed").await;
    let elsewhere = app.event_of("alice", None, "call.failed").await;
    app.ended(subscription, &failed, "timeout").await;
    app.replayed(subscription, &failed, "delivered").await;
    app.ended(subscription, &elsewhere, "timeout").await;
    app.replayed(another, &elsewhere, "delivered").await;
    for which in ["failed", "undelivered"] {
        let wish = json!({"since": BEGINNING, "which": which, "dry_run": true});
        assert_eq!(count(&app, subscription, wish).await, 1, "{which}");
    }
    app.finish().await;
}

#[tokio::test]
async fn what_still_waits_is_made_due_and_counted_but_not_doubled() {
    let app = TestApp::silent().await;
    let subscription = paused(&app).await;
    let tried = app.event_of("alice", None, "call.completed").await;
    let untried = app.event_of("alice", None, "call.completed").await;
    let failed = app.event_of("alice", None, "call.completed").await;
    let tried = app
        .waits(subscription, &tried, 4, |row| row.due_at = Set(i64::MAX))
        .await;
    app.waits(subscription, &untried, 0, |_| {}).await;
    app.ended(subscription, &failed, "timeout").await;

    let wish = json!({"since": BEGINNING, "which": "undelivered"});
    assert_eq!(count(&app, subscription, wish).await, 3);
    let rows = app.queue().await;
    assert_eq!(rows.len(), 3);
    let row = rows.iter().find(|row| row.id == tried).unwrap();
    assert_eq!((row.attempt, row.steps), (4, 0));
    assert_eq!(row.due_at, app.clock.millis());
    app.finish().await;
}

#[tokio::test]
async fn a_replay_is_narrowed_by_time_by_event_and_by_call() {
    let app = TestApp::silent().await;
    let subscription = paused(&app).await;
    let call = app.call_of("alice").await;
    let early = app.event_of("alice", Some(call.id), "call.failed").await;
    app.advance(Duration::from_secs(60));
    let late = app.event_of("alice", None, "call.completed").await;
    // Both ended late: it is the events' own time that counts.
    app.ended(subscription, &early, "timeout").await;
    app.ended(subscription, &late, "timeout").await;
    let count_of = async |more: Value| {
        let mut wish = json!({"since": BEGINNING, "which": "all", "dry_run": true});
        for (name, value) in more.as_object().unwrap() {
            wish[name] = value.clone();
        }
        count(&app, subscription, wish).await
    };
    assert_eq!(count_of(json!({})).await, 2);
    assert_eq!(count_of(json!({"since": "2026-01-05T09:01:00Z"})).await, 1);
    assert_eq!(count_of(json!({"until": "2026-01-05T09:01:00Z"})).await, 1);
    assert_eq!(count_of(json!({"events": ["call.failed"]})).await, 1);
    assert_eq!(count_of(json!({"call_id": call.id.to_string()})).await, 1);
    assert_eq!(count_of(json!({"call_id": call.vapi_call_id})).await, 1);
    app.finish().await;
}

/// These events have failed for good so many times.
async fn has_ended_often(
    app: &TestApp,
    subscription: SubscriptionId,
    events: &[events::Model],
    times: i16,
) {
    let ended = events.to_vec();
    let many = app.app.db.write(move |tx| async move {
        for n in 0..times {
            let rows = ended.iter().map(|event| delivery_attempts::ActiveModel {
                delivery_id: Set(DeliveryId::of(subscription, event.id)),
                subscription_id: Set(subscription),
                event_id: Set(event.id),
                kind: Set(event.kind.clone()),
                attempt: Set(Some(n)),
                outcome: Set("timeout".to_owned()),
                r#final: Set(true),
                created_at: Set(event.created_at + i64::from(n)),
                ..Default::default()
            });
            delivery_attempts::Entity::insert_many(rows)
                .exec_without_returning(&*tx)
                .await?;
        }
        Ok(())
    });
    many.await.unwrap();
}

#[tokio::test]
async fn more_rows_than_one_transaction_takes_are_all_queued_once() {
    let app = TestApp::silent().await;
    let subscription = paused(&app).await;
    let mut events = Vec::new();
    for _ in 0..3 {
        events.push(app.event_of("alice", None, "call.completed").await);
    }
    // Each event has ended very often, so that it is met in several parts.
    has_ended_often(&app, subscription, &events, 900).await;
    let wish = json!({"since": BEGINNING, "which": "failed"});
    assert_eq!(count(&app, subscription, wish).await, 3);
    let queued: Vec<_> = app.queue().await.iter().map(|row| row.event_id).collect();
    let expected: Vec<_> = events.iter().map(|event| event.id).collect();
    assert_eq!(queued, expected);
    app.finish().await;
}

#[tokio::test]
async fn a_short_time_is_looked_for_in_the_log_where_all_that_has_ended_since_is_long() {
    let app = TestApp::silent().await;
    let subscription = paused(&app).await;
    let before = app.event_of("alice", None, "call.completed").await;
    app.advance(Duration::from_secs(60));
    let meant = app.event_of("alice", None, "call.completed").await;
    // Told at the same time, and not to this one.
    app.event_of("alice", None, "call.completed").await;
    app.advance(Duration::from_secs(60));
    // More than the room that is given to what is out of order.
    let after = vec![app.event_of("alice", None, "call.completed").await; 100];
    has_ended_often(&app, subscription, &after, 102).await;
    app.ended(subscription, &before, "timeout").await;
    // By a clock that is behind: the log knows of it, and the history since then does not.
    let ended_at = meant.created_at - 1;
    app.tried(subscription, &meant, |attempt| {
        attempt.outcome = Set("timeout".to_owned());
        attempt.r#final = Set(true);
        attempt.created_at = Set(ended_at);
    })
    .await;
    for which in ["failed", "undelivered", "all"] {
        let wish = json!({"since": "2026-01-05T09:01:00Z", "until": "2026-01-05T09:02:00Z",
            "which": which, "dry_run": true});
        assert_eq!(count(&app, subscription, wish).await, 1, "{which}");
    }
    let wish = json!({"since": "2026-01-05T09:01:00Z", "until": "2026-01-05T09:02:00Z",
        "which": "all"});
    assert_eq!(count(&app, subscription, wish).await, 1);
    let queued: Vec<_> = app.queue().await.iter().map(|row| row.event_id).collect();
    assert_eq!(queued, [meant.id]);
    app.finish().await;
}

#[tokio::test]
async fn a_wish_that_is_not_understood_is_refused_by_its_path() {
    let app = TestApp::silent().await;
    let subscription = paused(&app).await;
    for (wish, path) in [
        (json!({"since": "yesterday", "which": "all"}), "since"),
        (
            json!({"since": BEGINNING, "until": BEGINNING, "which": "all"}),
            "until",
        ),
        (json!({"since": BEGINNING, "which": "most"}), "which"),
        (
            json!({"since": BEGINNING, "which": "all", "events": []}),
            "events",
        ),
        (
            json!({"since": BEGINNING, "which": "all", "events": ["call.failed", "x"]}),
            "events[1]",
        ),
        (
            json!({"since": BEGINNING, "which": "all", "more": 1}),
            "more",
        ),
    ] {
        let refused = replay(&app, subscription, &wish).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], path, "{refused:?}");
    }
    let refused = replay(&app, subscription, &json!({"which": "all"})).await;
    refused.assert_refused(400, "INVALID_REQUEST");
    let foreign = app.call_of("bob").await;
    let wish = json!({"since": BEGINNING, "which": "all", "call_id": foreign.id.to_string()});
    replay(&app, subscription, &wish)
        .await
        .assert_refused(404, "NOT_FOUND");
    let bobs = app.subscription_of("bob").await;
    let wish = json!({"since": BEGINNING, "which": "all"});
    replay(&app, bobs, &wish)
        .await
        .assert_refused(404, "NOT_FOUND");
    app.finish().await;
}

#[tokio::test]
async fn a_deleted_subscription_is_told_nothing_again() {
    let app = TestApp::silent().await;
    let deleted = app
        .subscription("alice", |row| row.deleted_at = Set(Some(1)))
        .await;
    let event = app.event_of("alice", None, "call.completed").await;
    app.ended(deleted, &event, "timeout").await;
    let wish = json!({"since": BEGINNING, "which": "all"});
    replay(&app, deleted, &wish)
        .await
        .assert_refused(409, "CONFLICT");
    assert!(app.queue().await.is_empty());
    app.finish().await;
}
