//! The log: the owner's, newest first.

use std::time::Duration;

use entity::{EventId, events};
use sea_orm::{ActiveModelTrait, ActiveValue::NotSet, IntoActiveModel};
use serde_json::json;
use uuid::Uuid;

use super::EVENTS;
use crate::support::{ADMIN_KEY, TestApp};

async fn listed(app: &TestApp, token: &str, query: &str) -> Vec<String> {
    let page = app.get(&format!("{EVENTS}?{query}")).by(token).await;
    assert_eq!(page.status, 200, "{page:?}");
    let events = page.body["events"].as_array().unwrap();
    let id = |event: &serde_json::Value| event["id"].as_str().unwrap().to_owned();
    events.iter().map(id).collect()
}

fn texts<const N: usize>(events: [&events::Model; N]) -> Vec<String> {
    events.map(|event| event.id.to_string()).to_vec()
}

#[tokio::test]
async fn an_owner_sees_its_own_events_with_their_payload_and_an_admin_all() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let hers = app
        .event_with("alice", None, "campaign.completed", json!({"name": "n"}))
        .await;
    let bobs = app.event_of("bob", None, "campaign.completed").await;
    assert_eq!(listed(&app, &alice, "").await, texts([&hers]));
    assert_eq!(listed(&app, ADMIN_KEY, "").await, texts([&bobs, &hers]));
    let page = app.get(EVENTS).by(&alice).await.body;
    let event = &page["events"][0];
    assert_eq!(event["event"], "campaign.completed");
    assert_eq!(event["payload"]["data"]["name"], "n");
    assert_eq!(event["created_at"], "2026-01-05T09:00:00.000Z");
    app.finish().await;
}

#[tokio::test]
async fn an_event_that_no_key_opens_hides_no_other() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let hers = app.event_of("alice", None, "campaign.completed").await;
    // Sealed for another row, so it opens nowhere else.
    let moved = events::Model {
        id: EventId::from_uuid(Uuid::now_v7()),
        ..hers.clone()
    };
    app.insert(events::ActiveModel {
        position: NotSet,
        ..moved.into_active_model().reset_all()
    })
    .await;
    assert_eq!(listed(&app, &alice, "").await, texts([&hers]));
    let mut visitor = app.visitor(&alice).await;
    visitor.page("/").await;
    drop(visitor);
    app.finish().await;
}

#[tokio::test]
async fn events_are_found_by_name_time_and_call_and_pages_follow_on() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let call = app.call_of("alice").await;
    let first = app.event_of("alice", Some(call.id), "call.failed").await;
    app.advance(Duration::from_secs(3_600));
    let second = app.event_of("alice", None, "call.completed").await;
    app.advance(Duration::from_secs(3_600));
    let third = app.event_of("alice", Some(call.id), "call.report").await;

    let by = async |query: &str| listed(&app, &alice, query).await;
    assert_eq!(by("event=call.failed").await, texts([&first]));
    assert_eq!(
        by("since=2026-01-05T10:00:00Z").await,
        texts([&third, &second])
    );
    assert_eq!(by("until=2026-01-05T10:00:00Z").await, texts([&first]));
    for id in [call.id.to_string(), call.vapi_call_id.unwrap()] {
        let of_call = by(&format!("call_id={id}")).await;
        assert_eq!(of_call, texts([&third, &first]));
    }
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app
            .get(&format!("{EVENTS}?limit=1{cursor}"))
            .by(&alice)
            .await;
        paged.push(page.body["events"][0]["id"].as_str().unwrap().to_owned());
        let Some(next) = page.body["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, texts([&third, &second, &first]));
    app.finish().await;
}

#[tokio::test]
async fn what_was_told_of_a_call_before_it_had_an_owner_is_found_by_the_call() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let call = app.call_of("alice").await;
    let before = app
        .event_of("nobody", Some(call.id), "call.status.changed")
        .await;
    assert!(listed(&app, &alice, "").await.is_empty());
    let of_call = listed(&app, &alice, &format!("call_id={}", call.id)).await;
    assert_eq!(of_call, texts([&before]));
    let explained = app
        .get(&format!("{EVENTS}/{}/explain", before.id))
        .by(&alice)
        .await;
    assert_eq!(explained.status, 200, "{explained:?}");
    app.finish().await;
}

#[tokio::test]
async fn what_is_not_understood_is_refused_by_its_path() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    for (query, path) in [
        ("event=call", "event"),
        ("since=1", "since"),
        ("until=x", "until"),
        ("limit=101", "limit"),
        ("cursor=e30", "cursor"),
    ] {
        let refused = app.get(&format!("{EVENTS}?{query}")).by(&alice).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], path, "{refused:?}");
    }
    let foreign = app.call_of("bob").await;
    let refused = app
        .get(&format!("{EVENTS}?call_id={}", foreign.id))
        .by(&alice)
        .await;
    refused.assert_refused(404, "NOT_FOUND");
    app.finish().await;
}
