//! A result that is dismissed is gone for good; the call and its log stay.

use entity::call_events;
use sea_orm::{EntityTrait, PaginatorTrait};

use super::*;
use crate::support::vapi::{self, WELL, report, status};

#[tokio::test]
async fn a_dismissed_result_is_not_given_again_and_a_late_report_does_not_bring_it_back() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    vapi::says(&app, report("v1", "alice", WELL, "Short.")).await;
    assert_eq!(summary(&app, &alice, "v1").await, "Short.");
    let dismissed = app.delete(&at("v1")).by(&alice).await;
    let expected = json!({"success": true, "message": "Call result v1 deleted from cache"});
    assert_eq!((dismissed.status, dismissed.body), (200, expected));
    assert_none(&result(&app, &alice, "v1").await, "v1");
    assert_none(&app.delete(&at("v1")).by(&alice).await, "v1");

    vapi::says(&app, report("v1", "alice", WELL, "Longer.")).await;
    assert_none(&result(&app, &alice, "v1").await, "v1");
    let waited = app.get(&format!("{}?wait=0", at("v1"))).by(&alice).await;
    assert_none(&waited, "v1");
    let log = call_events::Entity::find().count(app.app.db.read()).await;
    assert_eq!(log.unwrap(), 2);
    app.finish().await;
}

#[tokio::test]
async fn whoever_waits_for_a_dismissed_result_is_told_at_once_that_there_is_none() {
    let app = TestApp::spawn().await;
    vapi::says(&app, report("v1", "alice", WELL, "Short.")).await;
    assert_eq!(app.delete(&at("v1")).by(ADMIN_KEY).await.status, 200);
    let waited = app.get(&format!("{}?wait=60s", at("v1")));
    assert_none(&waited.by(ADMIN_KEY).await, "v1");
    app.finish().await;
}

#[tokio::test]
async fn there_is_nothing_to_dismiss_where_there_is_no_result() {
    let app = TestApp::spawn().await;
    let mallory = app.user("mallory").await;
    vapi::says(&app, status("v1", "alice", "in-progress")).await;
    assert_none(&app.delete(&at("v1")).by(ADMIN_KEY).await, "v1");
    assert_none(&app.delete(&at("v2")).by(ADMIN_KEY).await, "v2");
    vapi::says(&app, report("v1", "alice", WELL, "Short.")).await;
    assert_none(&app.delete(&at("v1")).by(&mallory).await, "v1");
    assert_eq!(summary(&app, ADMIN_KEY, "v1").await, "Short.");
    app.finish().await;
}
