//! Sending one delivery again.

use std::time::Duration;

use entity::{DeliveryId, SubscriptionId, delivery_attempts, lanes::LaneState};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder};

use super::WEBHOOK;
use tokio::sync::oneshot;

use crate::support::{Answer, Receiver, Reply, TestApp};

/// A subscription whose receiver answers when it is let go.
async fn held(app: &TestApp) -> (SubscriptionId, Receiver, oneshot::Sender<()>) {
    let receiver = Receiver::start().await;
    let (let_go, reply) = Reply::from(200).held();
    receiver.replies([reply]);
    let url = receiver.url();
    let subscription = app.subscription("alice", |row| row.url = Set(url)).await;
    (subscription, receiver, let_go)
}

async fn retry(app: &TestApp, id: DeliveryId) -> Answer {
    let alice = app.user("alice").await;
    let path = format!("{WEBHOOK}/deliveries/{id}/retry");
    app.post(&path).by(&alice).await
}

#[tokio::test]
async fn one_that_waits_is_due_now_with_its_whole_schedule_again() {
    let app = TestApp::spawn().await;
    let (subscription, receiver, let_go) = held(&app).await;
    let event = app.event_of("alice", None, "call.completed").await;
    let id = app
        .waits(subscription, &event, 3, |row| {
            row.due_at = Set(i64::MAX);
            row.asked_to_wait = Set(true);
        })
        .await;
    let retried = retry(&app, id).await;
    assert_eq!(retried.status, 200, "{retried:?}");
    assert_eq!(retried.body["delivery"]["id"], id.to_string());
    let [row] = &app.queue().await[..] else {
        panic!("one row waits");
    };
    assert_eq!((row.attempt, row.steps, row.asked_to_wait), (3, 0, false));
    assert_eq!(row.due_at, app.clock.millis());
    let heard = receiver.heard(1).await;
    assert_eq!(heard[0].header("x-webhook-attempt"), "4");
    let_go.send(()).unwrap();
    app.deliveries.idle().await;
    assert!(app.queue().await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn one_that_is_asked_for_while_it_is_under_way_is_sent_again_where_that_fails() {
    let app = TestApp::spawn().await;
    // In the midst of the schedule, and at its end.
    for attempts in [3, 9] {
        let receiver = Receiver::start().await;
        let (let_go, fails) = Reply::from(500).held();
        receiver.replies([fails]);
        let url = receiver.url();
        let subscription = app.subscription("alice", |row| row.url = Set(url)).await;
        let event = app.event_of("alice", None, "call.completed").await;
        let id = app.waits(subscription, &event, attempts, |_| {}).await;
        app.deliveries.wake(subscription);
        receiver.heard(1).await;
        app.advance(Duration::from_secs(1));
        assert_eq!(retry(&app, id).await.status, 200);
        let_go.send(()).unwrap();
        app.deliveries.idle().await;
        let numbers: Vec<_> = receiver
            .requests()
            .iter()
            .map(|request| request.header("x-webhook-attempt").to_owned())
            .collect();
        let expected = [attempts + 1, attempts + 2].map(|number| number.to_string());
        assert_eq!(numbers, expected);
        let delivery = app.delivery(id).await;
        assert_eq!(delivery.body["delivery"]["status"], "delivered");
    }
    let history = delivery_attempts::Entity::find()
        .order_by_asc(delivery_attempts::Column::Id)
        .all(app.app.db.read());
    let ends: Vec<_> = history
        .await
        .unwrap()
        .iter()
        .map(|row| row.r#final)
        .collect();
    assert_eq!(ends, [false, true, false, true]);
    assert!(app.queue().await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn one_that_has_ended_comes_back_under_its_id_and_its_attempts_count_on() {
    let app = TestApp::spawn().await;
    for outcome in ["timeout", "delivered"] {
        let (subscription, receiver, let_go) = held(&app).await;
        let event = app.event_of("alice", None, "call.completed").await;
        let id = app.ended(subscription, &event, outcome).await;
        for _ in 0..2 {
            assert_eq!(retry(&app, id).await.status, 200);
        }
        let rows = app.queue().await;
        let row = rows.iter().find(|row| row.id == id).unwrap();
        assert_eq!((row.attempt, row.steps, row.replay), (1, 0, false));
        assert_eq!(row.position, event.position);
        let heard = receiver.heard(1).await;
        assert_eq!(heard[0].header("x-webhook-id"), event.id.to_string());
        assert_eq!(heard[0].header("x-webhook-attempt"), "2");
        let_go.send(()).unwrap();
        app.deliveries.idle().await;
        assert_eq!(receiver.requests().len(), 1, "asked for twice, sent once");
    }
    assert!(app.queue().await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn while_the_breaker_is_open_it_is_time_for_a_probe() {
    let app = TestApp::spawn().await;
    let (subscription, receiver, let_go) = held(&app).await;
    let event = app.event_of("alice", None, "call.completed").await;
    app.change_lane(subscription, |lane| {
        lane.state = Set(LaneState::Failing);
        lane.consecutive_failures = Set(5);
        lane.next_probe_at = Set(Some(i64::MAX));
    })
    .await;
    let id = app.waits(subscription, &event, 1, |_| {}).await;
    assert_eq!(retry(&app, id).await.status, 200);
    let lane = app.lane(subscription).await;
    assert_eq!(lane.next_probe_at, Some(app.clock.millis()));
    receiver.heard(1).await;
    let_go.send(()).unwrap();
    app.deliveries.idle().await;
    assert_eq!(app.lane(subscription).await.next_probe_at, None);
    app.finish().await;
}

/// A subscription whose receiver is known to fail, and is not to be asked for long.
async fn failing(app: &TestApp, receiver: &Receiver) -> SubscriptionId {
    let url = receiver.url();
    let subscription = app.subscription("alice", |row| row.url = Set(url)).await;
    app.change_lane(subscription, |lane| {
        lane.state = Set(LaneState::Failing);
        lane.consecutive_failures = Set(5);
        lane.next_probe_at = Set(Some(i64::MAX));
    })
    .await;
    subscription
}

fn heard(receiver: &Receiver) -> Vec<String> {
    let requests = receiver.requests();
    let ids = requests
        .iter()
        .map(|request| request.header("x-webhook-id").to_owned());
    ids.collect()
}

#[tokio::test]
async fn while_the_breaker_is_open_it_is_the_probe_and_not_what_is_older() {
    let app = TestApp::spawn().await;
    for attempts in [0, 1] {
        let receiver = Receiver::start().await;
        receiver.replies([500]);
        let subscription = failing(&app, &receiver).await;
        let poisoned = app.event_of("alice", None, "call.completed").await;
        let younger = app.event_of("alice", None, "call.completed").await;
        app.waits(subscription, &poisoned, 1, |_| {}).await;
        let id = app.waits(subscription, &younger, attempts, |_| {}).await;
        app.advance(Duration::from_secs(1));
        assert_eq!(retry(&app, id).await.status, 200);
        app.deliveries.idle().await;
        assert_eq!(heard(&receiver), [younger.id.to_string()]);
        let lane = app.lane(subscription).await;
        assert_eq!((lane.consecutive_failures, lane.next_probe_id), (6, None));

        app.advance(Duration::from_secs(30));
        app.deliveries.idle().await;
        let [asked_for, oldest, last] = &heard(&receiver)[..] else {
            panic!("both are delivered")
        };
        assert_eq!((asked_for, last), (&younger.id.to_string(), asked_for));
        assert_eq!(*oldest, poisoned.id.to_string());
    }
    assert!(app.queue().await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn what_is_asked_for_while_another_is_probed_is_the_next_probe_and_at_once() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let (let_go, fails) = Reply::from(500).held();
    receiver.replies([fails]);
    let subscription = failing(&app, &receiver).await;
    let poisoned = app.event_of("alice", None, "call.completed").await;
    let younger = app.event_of("alice", None, "call.completed").await;
    let poisoned_id = app.waits(subscription, &poisoned, 1, |_| {}).await;
    let id = app.waits(subscription, &younger, 0, |_| {}).await;
    assert_eq!(retry(&app, poisoned_id).await.status, 200);
    receiver.heard(1).await;
    app.advance(Duration::from_secs(1));
    assert_eq!(retry(&app, id).await.status, 200);
    let_go.send(()).unwrap();
    app.deliveries.idle().await;
    let expected = [poisoned.id, younger.id, poisoned.id].map(|id| id.to_string());
    assert_eq!(heard(&receiver), expected);
    assert!(app.queue().await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn what_of_its_call_was_never_tried_is_the_probe_before_it() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let subscription = failing(&app, &receiver).await;
    let poisoned = app.event_of("alice", None, "call.completed").await;
    app.waits(subscription, &poisoned, 1, |_| {}).await;
    let call = app.call_of("alice").await;
    let before = app
        .event_of("alice", Some(call.id), "call.status.changed")
        .await;
    let asked_for = app.event_of("alice", Some(call.id), "call.completed").await;
    app.waits(subscription, &before, 0, |_| {}).await;
    let id = app.waits(subscription, &asked_for, 0, |_| {}).await;
    assert_eq!(retry(&app, id).await.status, 200);
    app.deliveries.idle().await;
    let expected = [before.id, poisoned.id, asked_for.id].map(|id| id.to_string());
    assert_eq!(heard(&receiver), expected);
    app.finish().await;
}

#[tokio::test]
async fn nothing_is_sent_again_to_a_subscription_that_takes_nothing() {
    let app = TestApp::spawn().await;
    let subscription = app.subscription_of("alice").await;
    let event = app.event_of("alice", None, "call.completed").await;
    let id = app.ended(subscription, &event, "timeout").await;
    app.change_lane(subscription, |lane| lane.state = Set(LaneState::Paused))
        .await;
    retry(&app, id).await.assert_refused(409, "CONFLICT");
    app.change_lane(subscription, |lane| {
        lane.state = Set(LaneState::Deactivated);
        lane.deactivated_at = Set(Some(1));
    })
    .await;
    retry(&app, id).await.assert_refused(409, "CONFLICT");
    let deleted = app
        .subscription("alice", |row| row.deleted_at = Set(Some(1)))
        .await;
    let id = app.ended(deleted, &event, "timeout").await;
    retry(&app, id).await.assert_refused(409, "CONFLICT");
    assert!(app.queue().await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn nobody_retries_what_is_anothers() {
    let app = TestApp::spawn().await;
    let subscription = app.subscription_of("bob").await;
    let event = app.event_of("bob", None, "call.completed").await;
    let id = app.ended(subscription, &event, "timeout").await;
    retry(&app, id).await.assert_refused(404, "NOT_FOUND");
    let alice = app.user("alice").await;
    for nonsense in ["dlv_1", "evt_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60", "%00"] {
        let path = format!("{WEBHOOK}/deliveries/{nonsense}/retry");
        let refused = app.post(&path).by(&alice).await;
        refused.assert_refused(404, "NOT_FOUND");
    }
    assert!(app.queue().await.is_empty());
    app.finish().await;
}
