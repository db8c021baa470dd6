//! Calls that fall silent where nobody can be asked: they end by our own clock.

use std::time::Duration;

use entity::calls::{CallStatus, Outcome};
use serde_json::json;

use crate::support::{
    TestApp,
    vapi::{call, cannot_be_opened, ended, says, status},
};

const ON: &[(&str, &str)] = &[("RINGBACK_RECONCILE_EVERY", "30s")];
const SECOND: Duration = Duration::from_secs(1);

impl TestApp {
    async fn lets_pass(&self, time: Duration) {
        self.advance(time);
        self.ingest.reconcile().await.unwrap();
    }
}

#[tokio::test]
async fn a_call_that_falls_silent_times_out_when_it_must_be_over() {
    let app = TestApp::with(ON).await;
    says(&app, status("v1", "alice", "in-progress")).await;
    let last_heard = app.clock.millis();
    app.lets_pass(719 * SECOND).await;
    assert_eq!(call(&app, "v1").await.status, CallStatus::InProgress);
    app.lets_pass(SECOND).await;
    let row = call(&app, "v1").await;
    assert_eq!(
        (row.status, row.outcome, row.retryable),
        (CallStatus::Timeout, Some(Outcome::Timeout), Some(false))
    );
    assert_eq!(row.ended_reason.as_deref(), Some("no-news-from-vapi"));
    assert_eq!(row.ended_at, Some(last_heard));
    app.finish().await;
}

#[tokio::test]
async fn a_call_that_cannot_be_opened_is_passed_by_and_the_others_are_not() {
    let app = TestApp::with(ON).await;
    for id in ["v1", "v2"] {
        says(&app, status(id, "alice", "in-progress")).await;
    }
    cannot_be_opened(&app, "v1").await;
    app.lets_pass(720 * SECOND).await;
    assert_eq!(call(&app, "v1").await.status, CallStatus::InProgress);
    assert_eq!(call(&app, "v2").await.status, CallStatus::Timeout);
    app.finish().await;
}

#[tokio::test]
async fn each_word_of_a_call_gives_it_time_again() {
    let app = TestApp::with(ON).await;
    for n in 0..4 {
        let mut word = status("v1", "alice", "in-progress");
        word["timestamp"] = json!(n + 1);
        says(&app, word).await;
        app.lets_pass(700 * SECOND).await;
        assert_eq!(call(&app, "v1").await.status, CallStatus::InProgress);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_call_may_be_silent_for_as_long_as_its_assistant_may_speak() {
    let app = TestApp::with(ON).await;
    let mut long = status("long", "alice", "in-progress");
    long["assistant"] = json!({"maxDurationSeconds": 3_600});
    let mut short = status("short", "alice", "in-progress");
    short["assistant"] = json!({"maxDurationSeconds": 60});
    says(&app, long).await;
    says(&app, short).await;
    app.lets_pass(180 * SECOND).await;
    assert_eq!(call(&app, "short").await.status, CallStatus::Timeout);
    app.lets_pass(3_539 * SECOND).await;
    assert_eq!(call(&app, "long").await.status, CallStatus::InProgress);
    app.lets_pass(SECOND).await;
    assert_eq!(call(&app, "long").await.status, CallStatus::Timeout);
    app.finish().await;
}

#[tokio::test]
async fn what_is_over_or_has_not_begun_stays_as_it_is() {
    let app = TestApp::with(ON).await;
    let alice = app.user("alice").await;
    says(&app, ended("over", "alice", "customer-ended-call")).await;
    says(&app, status("later", "alice", "scheduled")).await;
    let claim = json!({"session_id": "claimed"});
    let claimed = app.post("/api/v1/sessions").by(&alice).json(&claim).await;
    assert!(claimed.status < 300, "{claimed:?}");
    app.lets_pass(100_000 * SECOND).await;
    assert_eq!(call(&app, "over").await.status, CallStatus::Ended);
    assert_eq!(call(&app, "later").await.status, CallStatus::Scheduled);
    assert!(call(&app, "claimed").await.outcome.is_none());
    app.finish().await;
}

#[tokio::test]
async fn where_it_is_switched_off_a_call_is_silent_for_ever() {
    let app = TestApp::with(&[("RINGBACK_RECONCILE_EVERY", "0")]).await;
    says(&app, status("v1", "alice", "in-progress")).await;
    app.lets_pass(1_000_000 * SECOND).await;
    assert_eq!(call(&app, "v1").await.status, CallStatus::InProgress);
    app.finish().await;
}

#[tokio::test]
async fn the_log_of_a_call_that_was_given_up_says_so_and_comes_to_the_same_end() {
    let app = TestApp::with(ON).await;
    let alice = app.user("alice").await;
    says(&app, status("v1", "alice", "in-progress")).await;
    app.lets_pass(720 * SECOND).await;
    let log = app.get("/api/v6/call/v1/events").by(&alice).await;
    let last = &log.body["events"][1];
    assert_eq!(
        (&last["type"], &last["status"]),
        (&json!("call.timeout"), &json!("TIMEOUT"))
    );
    let again = app.post("/api/v6/call/v1/replay").by(&alice).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(again.body["state_matches"], true, "{again:?}");
    app.finish().await;
}
