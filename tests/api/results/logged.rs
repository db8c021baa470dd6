//! A report stands in the log of what Vapi said, and is read from there.

use std::time::Duration;

use entity::{call_events, calls};
use ringback::retention;
use sea_orm::EntityTrait;

use super::*;
use crate::support::vapi::{self, WELL, report, status};

const DAY: Duration = Duration::from_secs(86_400);
/// Of what is sealed to say where the report is.
const POINTER_BYTES_MAX: usize = 200;

async fn session(app: &TestApp, id: &str) -> Value {
    let path = format!("/api/v1/sessions/{id}");
    app.get(&path).by(ADMIN_KEY).await.body["session"].clone()
}

async fn bytes_kept_with(app: &TestApp, id: &str) -> usize {
    let calls = calls::Entity::find().all(app.app.db.read()).await.unwrap();
    let is_it = |call: &&calls::Model| call.vapi_call_id.as_deref() == Some(id);
    let call = calls.iter().find(is_it).unwrap();
    call.result.as_ref().unwrap().0.len()
}

#[tokio::test]
async fn a_report_is_written_down_once() {
    let app = TestApp::spawn().await;
    let long = "All was said. ".repeat(100);
    vapi::says(&app, report("v1", "alice", WELL, &long)).await;
    assert!(bytes_kept_with(&app, "v1").await < POINTER_BYTES_MAX);
    assert_eq!(summary(&app, ADMIN_KEY, "v1").await, long);
    assert_eq!(session(&app, "v1").await["transcript_summary"], long.trim());
    let sessions = app.get("/api/v1/sessions").by(ADMIN_KEY).await.body;
    assert_eq!(sessions["sessions"][0]["transcript_summary"], long.trim());
    app.finish().await;
}

#[tokio::test]
async fn reports_that_complete_each_other_are_kept_as_what_they_come_to() {
    let app = TestApp::spawn().await;
    let mut first = report("v1", "alice", WELL, "Short.");
    first["cost"] = json!(0.25);
    vapi::says(&app, first).await;
    let mut second = report("v1", "alice", WELL, "Longer.");
    second.as_object_mut().unwrap().remove("cost");
    vapi::says(&app, second).await;
    assert!(bytes_kept_with(&app, "v1").await > POINTER_BYTES_MAX);
    let both = result(&app, ADMIN_KEY, "v1").await.body;
    assert_eq!(both["data"]["analysis"]["summary"], "Longer.");
    assert_eq!(both["data"]["cost"], 0.25);
    app.finish().await;
}

#[tokio::test]
async fn what_comes_after_a_report_leaves_it_as_it_is() {
    let app = TestApp::spawn().await;
    vapi::says(&app, report("v1", "alice", WELL, "Short.")).await;
    vapi::says(&app, status("v1", "alice", "in-progress")).await;
    assert_eq!(summary(&app, ADMIN_KEY, "v1").await, "Short.");
    assert!(bytes_kept_with(&app, "v1").await < POINTER_BYTES_MAX);
    app.finish().await;
}

#[tokio::test]
async fn a_report_past_retention_is_no_result_any_more_and_a_later_one_is() {
    let app = TestApp::spawn().await;
    vapi::says(&app, report("v1", "alice", WELL, "Old.")).await;
    app.advance(60 * DAY);
    vapi::says(&app, status("v1", "alice", "ended")).await;
    app.advance(31 * DAY);
    retention::sweep_once(&app.app).await.unwrap();
    let heard = call_events::Entity::find().all(app.app.db.read()).await;
    let heard: Vec<_> = heard.unwrap().into_iter().map(|row| row.r#type).collect();
    assert_eq!(heard, ["status-update"]);

    assert_none(&result(&app, ADMIN_KEY, "v1").await, "v1");
    assert_eq!(session(&app, "v1").await["transcript_summary"], Value::Null);
    vapi::says(&app, report("v1", "alice", WELL, "New.")).await;
    assert_eq!(summary(&app, ADMIN_KEY, "v1").await, "New.");
    app.finish().await;
}
