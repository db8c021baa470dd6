//! What is past retention goes, in order and completely; what is not stays.
//! And what waits on a lane that was marked is dropped.

use std::{collections::BTreeSet, time::Duration};

use entity::{
    call_events, calls, delivery_attempts, delivery_queue, events, identities, lanes, messages,
    stats_minutes, subscriptions,
};
use ringback::{delivery::dropping, retention};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use crate::support::TestApp;

const DAY: Duration = Duration::from_secs(86_400);
const RETENTION: Duration = Duration::from_secs(90 * 86_400);
/// Nobody who did not know of a deletion commits later than that after it.
const QUEUED_LATE_MAX: Duration = Duration::from_secs(60);

impl TestApp {
    async fn says(&self, message: Value) {
        let heard = self
            .post("/api/v1/vapi/webhook")
            .header("x-vapi-secret", "a-shared-secret")
            .json(&json!({ "message": message }))
            .await;
        assert_eq!(heard.status, 200, "{heard:?}");
    }

    /// A call with a line and an end, told to whoever subscribes.
    async fn a_call(&self, id: &str) {
        let call = json!({"id": id, "metadata": {"ownerId": "alice"}});
        self.says(
            json!({"type": "transcript", "transcriptType": "final", "role": "user",
            "transcript": "Hello.", "call": call}),
        )
        .await;
        self.says(
            json!({"type": "end-of-call-report", "endedReason": "customer-ended-call",
            "call": call}),
        )
        .await;
    }
}

#[tokio::test]
async fn what_is_past_retention_goes_and_what_is_not_stays() {
    let app = TestApp::silent().await;
    let subscription = app.paused_subscription_of("alice").await;
    app.a_call("old").await;
    let event = app.event_of("alice", None, "campaign.completed").await;
    app.ended(subscription, &event, "timeout").await;
    app.insert(stats_minutes::ActiveModel {
        minute: Set(app.clock.millis()),
        subscription_id: Set(subscription),
        ..Default::default()
    })
    .await;
    assert!(!app.queue().await.is_empty());

    app.advance(RETENTION);
    app.a_call("young").await;
    let young = app.event_of("alice", None, "campaign.completed").await;
    app.ended(subscription, &young, "timeout").await;
    retention::sweep_once(&app.app).await.unwrap();
    assert_eq!(
        app.rows::<calls::Entity>().await,
        2,
        "not a moment too early"
    );

    app.advance(Duration::from_millis(1));
    retention::sweep_once(&app.app).await.unwrap();
    let call = calls::Entity::find().all(app.app.db.read()).await.unwrap();
    let ids: Vec<_> = call
        .iter()
        .map(|call| call.vapi_call_id.as_deref())
        .collect();
    assert_eq!(ids, [Some("young")]);
    assert_eq!(app.rows::<messages::Entity>().await, 1);
    assert_eq!(app.rows::<call_events::Entity>().await, 2);
    assert_eq!(app.rows::<delivery_attempts::Entity>().await, 1);
    assert_eq!(app.rows::<stats_minutes::Entity>().await, 0);
    let told = events::Entity::find().all(app.app.db.read()).await.unwrap();
    assert!(told.iter().any(|event| event.id == young.id));
    let waiting = app.queue().await;
    assert!(!waiting.is_empty());
    for row in waiting {
        let has_event = told.iter().any(|event| event.id == row.event_id);
        assert!(has_event, "a delivery without its event");
    }
    assert_eq!(app.rows::<subscriptions::Entity>().await, 1);
    app.finish().await;
}

/// Whoever has read the log so far, a lane or a stream, looks behind its place for what is new.
#[tokio::test]
async fn where_all_events_have_gone_the_next_ones_stand_behind_them() {
    let app = TestApp::silent().await;
    let told = async || events::Entity::find().all(app.app.db.read()).await.unwrap();
    let places = async || told().await.iter().map(|event| event.position).collect();
    app.a_call("old").await;
    let old: BTreeSet<i64> = places().await;
    assert!(!old.is_empty());
    app.advance(RETENTION + Duration::from_millis(1));
    retention::sweep_once(&app.app).await.unwrap();
    assert_eq!(app.rows::<events::Entity>().await, 0);
    app.a_call("young").await;
    let young: BTreeSet<i64> = places().await;
    assert!(young.first() > old.last(), "{old:?}, {young:?}");
    app.finish().await;
}

#[tokio::test]
async fn a_call_that_has_not_ended_stays_however_old_it_is() {
    let app = TestApp::silent().await;
    let live = app.call_of("alice").await;
    app.advance(RETENTION + DAY);
    retention::sweep_once(&app.app).await.unwrap();
    let calls = calls::Entity::find().all(app.app.db.read()).await.unwrap();
    assert_eq!(calls, [live]);
    app.finish().await;
}

#[tokio::test]
async fn a_repetition_is_known_for_a_week() {
    let app = TestApp::silent().await;
    app.a_call("one").await;
    app.advance(7 * DAY);
    retention::sweep_once(&app.app).await.unwrap();
    assert_eq!(app.rows::<identities::Entity>().await, 2);
    app.advance(Duration::from_millis(1));
    retention::sweep_once(&app.app).await.unwrap();
    assert_eq!(app.rows::<identities::Entity>().await, 0);
    assert_eq!(app.rows::<call_events::Entity>().await, 2);
    app.finish().await;
}

#[tokio::test]
async fn a_deleted_subscription_goes_when_its_history_has_gone() {
    let app = TestApp::silent().await;
    let now = app.clock.millis();
    let deleted = app
        .subscription("alice", |row| row.deleted_at = Set(Some(now)))
        .await;
    let event = app.event_of("alice", None, "campaign.completed").await;
    app.advance(DAY);
    app.ended(deleted, &event, "dropped").await;
    app.advance(RETENTION);
    retention::sweep_once(&app.app).await.unwrap();
    assert_eq!(app.rows::<subscriptions::Entity>().await, 1);
    assert_eq!(app.rows::<delivery_attempts::Entity>().await, 1);
    app.advance(Duration::from_millis(1));
    retention::sweep_once(&app.app).await.unwrap();
    assert_eq!(app.rows::<delivery_attempts::Entity>().await, 0);
    assert_eq!(app.rows::<subscriptions::Entity>().await, 0);
    assert_eq!(app.rows::<lanes::Entity>().await, 0);
    app.finish().await;
}

#[tokio::test]
async fn more_than_one_batch_goes_in_one_sweep() {
    let app = TestApp::silent().await;
    let subscription = app.paused_subscription_of("alice").await;
    let first = app.event_of("alice", None, "campaign.completed").await;
    let (at, seal) = (first.created_at, first.payload.clone());
    let many = app.app.db.write(move |tx| async move {
        let ids = || std::iter::repeat_with(uuid::Uuid::now_v7).take(1_200);
        let told = ids().map(|id| events::ActiveModel {
            id: Set(entity::EventId::from_uuid(id)),
            kind: Set("campaign.completed".to_owned()),
            payload: Set(seal.clone()),
            created_at: Set(at),
            ..Default::default()
        });
        events::Entity::insert_many(told)
            .exec_without_returning(&*tx)
            .await?;
        let waiting = ids()
            .zip(1..)
            .map(|(id, position)| delivery_queue::ActiveModel {
                id: Set(entity::DeliveryId::from_uuid(id)),
                subscription_id: Set(subscription),
                event_id: Set(entity::EventId::from_uuid(id)),
                position: Set(position),
                attempt: Set(i16::try_from(position % 2).unwrap_or_default()),
                due_at: Set(i64::MAX),
                created_at: Set(at),
                ..Default::default()
            });
        delivery_queue::Entity::insert_many(waiting)
            .exec_without_returning(&*tx)
            .await?;
        Ok(())
    });
    many.await.unwrap();
    app.advance(RETENTION + DAY);
    retention::sweep_once(&app.app).await.unwrap();
    assert_eq!(app.rows::<events::Entity>().await, 0);
    assert!(app.queue().await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn what_waited_before_the_mark_is_dropped_and_the_mark_goes() {
    let app = TestApp::silent().await;
    let subscription = app.subscription_of("alice").await;
    let untried = app.event_of("alice", None, "campaign.completed").await;
    let tried = app.event_of("alice", None, "campaign.progress").await;
    app.waits(subscription, &untried, 0, |_| {}).await;
    app.waits(subscription, &tried, 2, |row| row.due_at = Set(i64::MAX))
        .await;
    let marked_at = app.clock.millis();
    app.advance(Duration::from_millis(1));
    let later = app.event_of("alice", None, "campaign.completed").await;
    let later = app.waits(subscription, &later, 0, |_| {}).await;
    app.change_lane(subscription, |lane| lane.drop_before = Set(Some(marked_at)))
        .await;

    dropping::drop_once(&app.app).await.unwrap();
    let waiting: Vec<_> = app.queue().await.iter().map(|row| row.id).collect();
    assert_eq!(waiting, [later]);
    assert_eq!(app.lane(subscription).await.drop_before, None);
    let history = delivery_attempts::Entity::find().all(app.app.db.read());
    let mut history = history.await.unwrap();
    history.sort_by_key(|row| row.kind.clone());
    let kinds: Vec<_> = history.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["campaign.completed", "campaign.progress"]);
    for row in history {
        assert_eq!(
            (row.outcome.as_str(), row.attempt, row.r#final),
            ("dropped", None, true)
        );
        assert!(row.error.unwrap().contains("skip"));
    }
    app.finish().await;
}

#[tokio::test]
async fn a_deleted_subscription_loses_all_that_waits_and_its_lane() {
    let app = TestApp::silent().await;
    // Not so long ago that the worker, where it has not looked yet, takes the subscription too.
    let now = app.clock.millis();
    let subscription = app
        .subscription("alice", |row| row.deleted_at = Set(Some(now)))
        .await;
    let event = app.event_of("alice", None, "campaign.completed").await;
    app.waits(subscription, &event, 0, |_| {}).await;
    app.change_lane(subscription, |lane| lane.drop_before = Set(Some(i64::MAX)))
        .await;
    dropping::drop_once(&app.app).await.unwrap();
    assert!(app.queue().await.is_empty());
    app.advance(QUEUED_LATE_MAX);
    dropping::drop_once(&app.app).await.unwrap();
    assert_eq!(app.find_lane(subscription).await, None);
    let row = subscriptions::Entity::find_by_id(subscription).one(app.app.db.read());
    let mut row = row.await.unwrap().unwrap().into_active_model();
    row.description = Set(Some("still there".to_owned()));
    let kept = app
        .app
        .db
        .write(|tx| async move { Ok(row.update(&*tx).await?) });
    kept.await.unwrap();
    app.finish().await;
}

/// Whoever records an event looks first who hears it, and commits when it has the time.
#[tokio::test]
async fn what_is_queued_for_a_deleted_subscription_after_all_was_dropped_is_dropped_too() {
    let app = TestApp::silent().await;
    let now = app.clock.millis();
    let subscription = app
        .subscription("alice", |row| row.deleted_at = Set(Some(now)))
        .await;
    app.change_lane(subscription, |lane| lane.drop_before = Set(Some(i64::MAX)))
        .await;
    dropping::drop_once(&app.app).await.unwrap();
    for _ in 0..2 {
        let event = app.event_of("alice", None, "campaign.completed").await;
        app.waits(subscription, &event, 0, |_| {}).await;
        app.advance(QUEUED_LATE_MAX / 2);
        dropping::drop_once(&app.app).await.unwrap();
        assert!(app.queue().await.is_empty());
    }
    assert_eq!(app.find_lane(subscription).await, None);
    assert_eq!(app.rows::<delivery_attempts::Entity>().await, 2);
    app.finish().await;
}
