//! The list: what waits, then what has ended, the newest first.

use std::time::Duration;

use entity::{DeliveryId, lanes::LaneState};
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

use super::{WEBHOOK, ids, texts};
use crate::support::TestApp;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn what_waits_comes_first_then_what_has_ended_and_pages_follow_on() {
    let app = TestApp::silent().await;
    let subscription = app.subscription_of("alice").await;
    let mut events = Vec::new();
    for _ in 0..6 {
        events.push(app.event_of("alice", None, "call.completed").await);
    }
    let delivered = app.ended(subscription, &events[0], "delivered").await;
    app.advance(MINUTE);
    let failed = app.ended(subscription, &events[1], "timeout").await;
    let soon = app.waits(subscription, &events[2], 1, |_| {}).await;
    let later = app
        .waits(subscription, &events[3], 2, |row| {
            row.due_at = Set(i64::MAX);
        })
        .await;
    let first = app.waits(subscription, &events[4], 0, |_| {}).await;
    let second = app.waits(subscription, &events[5], 0, |_| {}).await;

    let all = texts([second, first, later, soon, failed, delivered]);
    assert_eq!(app.listed(subscription, "").await, all);
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app
            .deliveries(subscription, &format!("limit=1{cursor}"))
            .await;
        paged.extend(ids(&page));
        let Some(next) = page.body["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, all);
    app.finish().await;
}

#[tokio::test]
async fn a_delivery_is_found_by_its_status_and_held_is_what_the_lane_makes_it() {
    let app = TestApp::silent().await;
    let subscription = app.subscription_of("alice").await;
    let mut events = Vec::new();
    for _ in 0..5 {
        events.push(app.event_of("alice", None, "call.completed").await);
    }
    let pending = app.waits(subscription, &events[0], 0, |_| {}).await;
    let retrying = app.waits(subscription, &events[1], 1, |_| {}).await;
    let delivered = app.ended(subscription, &events[2], "delivered").await;
    let failed = app.ended(subscription, &events[3], "dns").await;
    let dropped = app.ended(subscription, &events[4], "dropped").await;
    for (status, expected) in [
        ("pending", vec![pending]),
        ("retrying", vec![retrying]),
        ("held", vec![]),
        ("delivered", vec![delivered]),
        ("failed", vec![failed]),
        ("dropped", vec![dropped]),
    ] {
        let found = app.listed(subscription, &format!("status={status}")).await;
        let expected: Vec<_> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{status}");
    }
    app.change_lane(subscription, |lane| lane.state = Set(LaneState::Paused))
        .await;
    assert_eq!(
        app.listed(subscription, "status=held").await,
        texts([pending, retrying])
    );
    assert!(app.listed(subscription, "status=pending").await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn a_delivery_is_found_by_its_event_its_time_and_its_call() {
    let app = TestApp::silent().await;
    let subscription = app.subscription_of("alice").await;
    let call = app.call_of("alice").await;
    let of_call = app.event_of("alice", Some(call.id), "call.failed").await;
    let other = app.event_of("alice", None, "call.completed").await;
    let ended = app.ended(subscription, &of_call, "delivered").await;
    app.advance(MINUTE);
    let other = app.ended(subscription, &other, "delivered").await;
    let last = app.event_of("alice", Some(call.id), "call.report").await;
    app.advance(MINUTE);
    let waiting = app.waits(subscription, &last, 0, |_| {}).await;
    let replay = DeliveryId::from_uuid(Uuid::now_v7());
    app.waits(subscription, &of_call, 0, |row| {
        row.id = Set(replay);
        row.replay = Set(true);
    })
    .await;

    let by_event = app.listed(subscription, "event=call.failed").await;
    assert_eq!(by_event, texts([replay, ended]));
    for call_id in [call.id.to_string(), call.vapi_call_id.unwrap()] {
        let by_call = app
            .listed(subscription, &format!("call_id={call_id}"))
            .await;
        assert_eq!(by_call, texts([waiting, replay, ended]));
        let first = app
            .deliveries(subscription, &format!("call_id={call_id}&limit=2"))
            .await;
        let next = first.body["next_cursor"].as_str().unwrap();
        let rest = app
            .listed(subscription, &format!("call_id={call_id}&cursor={next}"))
            .await;
        assert_eq!(rest, texts([ended]));
    }
    let since = app.listed(subscription, "since=2026-01-05T09:01:00Z").await;
    assert_eq!(since, texts([waiting, replay, other]));
    let until = app.listed(subscription, "until=2026-01-05T09:01:00Z").await;
    assert_eq!(until, texts([ended]));
    app.finish().await;
}

#[tokio::test]
async fn a_replay_that_has_ended_is_found_by_its_call_as_well() {
    let app = TestApp::silent().await;
    let subscription = app.subscription_of("alice").await;
    let another = app.subscription_of("alice").await;
    let call = app.call_of("alice").await;
    let event = app.event_of("alice", Some(call.id), "call.failed").await;
    let first = app.ended(subscription, &event, "timeout").await;
    app.advance(MINUTE);
    let replay = app.replayed(subscription, &event, "delivered").await;
    app.replayed(another, &event, "delivered").await;
    let of_call = format!("call_id={}", call.id);
    let by_call = app.listed(subscription, &of_call).await;
    assert_eq!(by_call, texts([replay, first]));
    app.finish().await;
}

#[tokio::test]
async fn a_delivery_that_ended_twice_or_waits_again_stands_there_once() {
    let app = TestApp::silent().await;
    let subscription = app.subscription_of("alice").await;
    let twice = app.event_of("alice", None, "call.completed").await;
    let again = app.event_of("alice", None, "call.completed").await;
    let ended = app.ended(subscription, &twice, "timeout").await;
    app.ended(subscription, &twice, "delivered").await;
    app.ended(subscription, &again, "timeout").await;
    let waiting = app.waits(subscription, &again, 1, |_| {}).await;
    assert_eq!(app.listed(subscription, "").await, texts([waiting, ended]));
    assert!(app.listed(subscription, "status=failed").await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn what_is_not_understood_is_refused_by_its_path() {
    let app = TestApp::silent().await;
    let subscription = app.subscription_of("alice").await;
    for (query, path) in [
        ("status=done", "status"),
        ("event=call.completd", "event"),
        ("since=yesterday", "since"),
        ("until=2026", "until"),
        ("limit=0", "limit"),
        ("cursor=%00", "cursor"),
    ] {
        let refused = app.deliveries(subscription, query).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], path, "{refused:?}");
    }
    for query in ["colour=red", "limit=many"] {
        let refused = app.deliveries(subscription, query).await;
        refused.assert_refused(400, "INVALID_REQUEST");
    }
    let nobodys = app.deliveries(subscription, "call_id=call_abc123").await;
    nobodys.assert_refused(404, "NOT_FOUND");
    app.finish().await;
}

#[tokio::test]
async fn a_deleted_subscription_keeps_its_history_for_its_owner_alone() {
    let app = TestApp::silent().await;
    let subscription = app
        .subscription("alice", |row| row.deleted_at = Set(Some(1)))
        .await;
    let event = app.event_of("alice", None, "call.completed").await;
    let ended = app.ended(subscription, &event, "delivered").await;
    assert_eq!(app.listed(subscription, "").await, texts([ended]));
    let mallory = app.user("mallory").await;
    for path in [
        format!("subscriptions/{subscription}/deliveries"),
        format!("deliveries/{ended}"),
    ] {
        let refused = app.get(&format!("{WEBHOOK}/{path}")).by(&mallory).await;
        refused.assert_refused(404, "NOT_FOUND");
    }
    app.finish().await;
}
