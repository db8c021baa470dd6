//! Changing what a subscription is, pausing it, and making it active again.

use std::time::Duration;

use entity::lanes::LaneState;
use serde_json::{Value, json};

use super::{URL, assert_wrong, changed, lane, patch, read, row, set_lane, subscribe, subscribed};
use crate::support::{ADMIN_KEY, TestApp};

#[tokio::test]
async fn what_is_given_changes_and_the_rest_stays() {
    let app = TestApp::spawn().await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    let mut expected = read(&app, ADMIN_KEY, &id).await;
    app.advance(Duration::from_secs(1));
    for (field, value) in [
        ("webhook_url", json!("https://example.com/new")),
        ("events", json!(["session.ended", "call.failed"])),
        ("description", json!("for the front")),
        ("ordering", json!("strict")),
        ("max_in_flight", json!(1)),
        ("rate_per_second", json!(10)),
        ("scope", json!("all")),
        ("description", Value::Null),
        ("rate_per_second", Value::Null),
    ] {
        expected[field] = value.clone();
        expected["updated_at"] = json!("2026-01-05T09:00:01.000Z");
        let is = changed(&app, ADMIN_KEY, &id, &json!({ field: value })).await;
        assert_eq!(is, expected, "{field}");
    }
    assert_eq!(read(&app, ADMIN_KEY, &id).await, expected);
    app.finish().await;
}

#[tokio::test]
async fn every_change_raises_the_epoch() {
    let app = TestApp::spawn().await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    let first = row(&app, &id).await.epoch;
    changed(&app, ADMIN_KEY, &id, &json!({"max_in_flight": 2})).await;
    let second = row(&app, &id).await.epoch;
    changed(&app, ADMIN_KEY, &id, &json!({"is_active": false})).await;
    let third = row(&app, &id).await.epoch;
    assert!(first < second && second < third, "{first} {second} {third}");
    app.finish().await;
}

#[tokio::test]
async fn an_address_that_its_owner_has_already_is_not_had_twice() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let one = subscribed(&app, &alice, URL).await;
    let other = subscribed(&app, &alice, "https://example.com/other").await;
    subscribed(&app, ADMIN_KEY, "https://example.com/admins").await;
    let onto = |url: &str| json!({ "webhook_url": url });
    let refused = patch(&app, &alice, &other, &onto("https://EXAMPLE.com:443/hook")).await;
    refused.assert_refused(409, "CONFLICT");
    assert_eq!(
        read(&app, &alice, &other).await["webhook_url"],
        "https://example.com/other"
    );
    changed(&app, &alice, &one, &onto(URL)).await;
    changed(&app, &alice, &other, &onto("https://example.com/admins")).await;
    app.finish().await;
}

#[tokio::test]
async fn a_pause_ends_when_it_is_told_to() {
    let app = TestApp::spawn().await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    let paused = changed(&app, ADMIN_KEY, &id, &json!({"is_active": false})).await;
    assert_eq!(
        (&paused["is_active"], &paused["state"]),
        (&json!(false), &json!("paused"))
    );
    let still = changed(&app, ADMIN_KEY, &id, &json!({"description": "x"})).await;
    assert_eq!(still["state"], "paused");
    let active = changed(&app, ADMIN_KEY, &id, &json!({"is_active": true})).await;
    assert_eq!(
        (&active["is_active"], &active["state"]),
        (&json!(true), &json!("healthy"))
    );
    app.finish().await;
}

#[tokio::test]
async fn a_deactivated_subscription_starts_afresh_with_its_failures_forgotten() {
    let app = TestApp::spawn().await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    set_lane(&app, &id, |lane| {
        lane.state = LaneState::Deactivated;
        lane.consecutive_failures = 15;
        lane.probes = 10;
        lane.failed_total = 15;
        lane.last_error = Some("503".to_owned());
        lane.deactivated_at = Some(1_767_603_600_000);
        lane.deactivated_reason = Some("15 failures".to_owned());
    })
    .await;
    let given_up = read(&app, ADMIN_KEY, &id).await;
    assert_eq!(given_up["state"], "deactivated");
    assert_eq!(given_up["delivery_failures"], 15);
    assert_eq!(given_up["deactivated_at"], "2026-01-05T09:00:00.000Z");

    let paused = changed(&app, ADMIN_KEY, &id, &json!({"is_active": false})).await;
    assert_eq!(paused["state"], "deactivated", "it keeps its reason");

    let active = changed(
        &app,
        ADMIN_KEY,
        &id,
        &json!({"is_active": true, "resume": "replay"}),
    )
    .await;
    let afresh = json!({
        "is_active": true, "state": "healthy", "delivery_failures": 0, "next_probe_at": null,
        "deactivated_at": null, "deactivated_reason": null,
        "failed_total": 15, "last_error": "503",
    });
    for (field, value) in afresh.as_object().unwrap() {
        assert_eq!(&active[field], value, "{field}");
    }
    let lane = lane(&app, &id).await.unwrap();
    assert_eq!((lane.probes, lane.drop_before), (0, None));
    app.finish().await;
}

#[tokio::test]
async fn a_failing_receiver_that_is_said_to_be_well_is_believed() {
    let app = TestApp::spawn().await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    set_lane(&app, &id, |lane| {
        lane.state = LaneState::Failing;
        lane.consecutive_failures = 7;
        lane.probes = 2;
        lane.next_probe_at = Some(1_767_603_610_000);
    })
    .await;
    let failing = read(&app, ADMIN_KEY, &id).await;
    assert_eq!(
        (&failing["is_active"], &failing["state"]),
        (&json!(true), &json!("failing"))
    );
    assert_eq!(failing["next_probe_at"], "2026-01-05T09:00:10.000Z");
    let active = changed(&app, ADMIN_KEY, &id, &json!({"is_active": true})).await;
    assert_eq!(
        (&active["state"], &active["next_probe_at"]),
        (&json!("healthy"), &Value::Null)
    );
    app.finish().await;
}

#[tokio::test]
async fn how_to_resume_is_said_only_by_who_resumes() {
    let app = TestApp::spawn().await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    for change in [
        json!({"resume": "skip"}),
        json!({"is_active": false, "resume": "replay"}),
        json!({"is_active": true, "resume": "later"}),
    ] {
        assert_wrong(&patch(&app, ADMIN_KEY, &id, &change).await, "resume");
    }
    let refused = patch(&app, ADMIN_KEY, &id, &json!({"is_active": null})).await;
    assert_wrong(&refused, "is_active");
    assert_eq!(read(&app, ADMIN_KEY, &id).await["state"], "healthy");
    app.finish().await;
}

#[tokio::test]
async fn a_change_and_a_subscribing_at_once_do_not_wait_for_each_other_in_a_circle() {
    let app = TestApp::spawn().await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    let (again, to) = (
        json!({"webhook_url": URL, "max_in_flight": 5}),
        |n: u32| json!({"max_in_flight": n}),
    );
    let (one, two) = (to(2), to(3));
    let (a, b, c) = futures_util::join!(
        patch(&app, ADMIN_KEY, &id, &one),
        subscribe(&app, ADMIN_KEY, &again),
        patch(&app, ADMIN_KEY, &id, &two),
    );
    assert_eq!(
        (a.status, b.status, c.status),
        (200, 200, 200),
        "{a:?} {b:?} {c:?}"
    );
    app.finish().await;
}
