//! What Vapi said of a call, and telling it all again.

use entity::{calls, lanes::LaneState};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

async fn hears(app: &TestApp, message: Value) {
    let heard = app
        .post("/api/v1/vapi/webhook")
        .header("x-vapi-secret", "a-shared-secret")
        .json(&json!({ "message": message }))
        .await;
    assert_eq!(heard.status, 200, "{heard:?}");
}

fn status(status: &str) -> Value {
    json!({"type": "status-update", "status": status,
        "call": {"id": "call_abc123", "metadata": {"ownerId": "alice"}}})
}

/// Rings, is answered, ends well and is reported of; then rings again, too late.
async fn a_whole_call(app: &TestApp) -> calls::Model {
    hears(app, status("ringing")).await;
    hears(app, status("in-progress")).await;
    let mut end = status("ended");
    end["endedReason"] = json!("customer-ended-call");
    hears(app, end).await;
    let mut report = json!({"type": "end-of-call-report", "endedReason": "customer-ended-call"});
    report["call"] = json!({"id": "call_abc123", "phoneNumber": {"twilioAuthToken": "t0p"}});
    hears(app, report).await;
    let mut late = status("ringing");
    late["timestamp"] = json!(1);
    hears(app, late).await;
    the_call(app).await
}

async fn the_call(app: &TestApp) -> calls::Model {
    let named = calls::Entity::find().filter(calls::Column::VapiCallId.eq("call_abc123"));
    named.one(app.app.db.read()).await.unwrap().unwrap()
}

async fn log(app: &TestApp, token: &str, id: &str, query: &str) -> Answer {
    let path = format!("/api/v6/call/{id}/events?{query}");
    app.get(&path).by(token).await
}

async fn replay(app: &TestApp, token: &str, id: &str) -> Answer {
    app.post(&format!("/api/v6/call/{id}/replay"))
        .by(token)
        .await
}

#[tokio::test]
async fn the_log_of_a_call_is_read_by_either_id_oldest_first_without_secrets() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let call = a_whole_call(&app).await;
    for id in [call.id.to_string(), "call_abc123".to_owned()] {
        let page = log(&app, &alice, &id, "").await;
        let events = page.body["events"].as_array().unwrap();
        let said: Vec<_> = events
            .iter()
            .map(|event| {
                (
                    event["type"].clone(),
                    event["status"].clone(),
                    event["applied"].clone(),
                )
            })
            .collect();
        let heard =
            |kind: &str, status: &str, applied: bool| (json!(kind), json!(status), json!(applied));
        assert_eq!(
            said,
            [
                heard("status-update", "RINGING", true),
                heard("status-update", "IN_PROGRESS", true),
                heard("status-update", "ENDED", true),
                heard("end-of-call-report", "ENDED", true),
                heard("status-update", "RINGING", false),
            ]
        );
        assert_eq!(events[0]["payload"]["message"]["status"], "ringing");
        assert!(!page.text.contains("t0p"), "{page:?}");
    }
    let first = log(&app, &alice, "call_abc123", "limit=4").await.body;
    let next = first["next_cursor"].as_str().unwrap();
    let rest = log(&app, &alice, "call_abc123", &format!("cursor={next}"))
        .await
        .body;
    assert_eq!(rest["events"].as_array().unwrap().len(), 1);
    assert_eq!(rest["next_cursor"], Value::Null);
    app.finish().await;
}

#[tokio::test]
async fn a_replay_tells_the_same_events_again_to_who_hears_them_now() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let call = a_whole_call(&app).await;
    let hears_now = app.subscription_of("alice").await;
    app.change_lane(hears_now, |lane| lane.state = Set(LaneState::Paused))
        .await;
    app.subscription("alice", |row| {
        row.events = Set(r#"["session.ended"]"#.to_owned());
    })
    .await;
    app.subscription_of("bob").await;

    let replayed = replay(&app, &alice, &call.id.to_string()).await;
    assert_eq!(replayed.status, 200, "{replayed:?}");
    let body = &replayed.body;
    assert_eq!(
        (&body["state_matches"], &body["status"]),
        (&json!(true), &json!("ENDED"))
    );
    let told = entity::events::Entity::find()
        .all(app.app.db.read())
        .await
        .unwrap();
    assert_eq!(body["events_replayed"], told.len());
    assert_eq!(body["deliveries"], told.len());
    let queued: Vec<_> = app.queue().await.iter().map(|row| row.event_id).collect();
    let events: Vec<_> = told.iter().map(|event| event.id).collect();
    assert_eq!(queued, events);
    assert!(
        app.queue()
            .await
            .iter()
            .all(|row| row.replay && row.subscription_id == hears_now)
    );

    let again = replay(&app, &alice, "call_abc123").await.body;
    assert_eq!(again["deliveries"], 0, "all of it waits already");
    // The log did not grow, and the call is what it was.
    assert_eq!(the_call(&app).await, call);
    app.finish().await;
}

#[tokio::test]
async fn a_state_that_the_log_does_not_lead_to_is_told_of() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    hears(&app, status("in-progress")).await;
    let mut call: calls::ActiveModel = the_call(&app).await.into();
    call.status = Set(calls::CallStatus::Timeout);
    call.outcome = Set(Some(calls::Outcome::Timeout));
    call.ended_at = Set(Some(app.clock.millis()));
    let timed_out = app.app.db.write(|tx| async move {
        use sea_orm::ActiveModelTrait;
        Ok(call.update(&*tx).await?)
    });
    timed_out.await.unwrap();
    let replayed = replay(&app, &alice, "call_abc123").await.body;
    assert_eq!(replayed["state_matches"], false);
    assert_eq!(replayed["status"], "TIMEOUT");
    assert_eq!(replayed["replayed_status"], "IN_PROGRESS");
    app.finish().await;
}

#[tokio::test]
async fn a_call_of_anothers_is_not_there() {
    let app = TestApp::spawn().await;
    let mallory = app.user("mallory").await;
    a_whole_call(&app).await;
    for id in ["call_abc123", "call_nobodys", "%00"] {
        log(&app, &mallory, id, "")
            .await
            .assert_refused(404, "NOT_FOUND");
        replay(&app, &mallory, id)
            .await
            .assert_refused(404, "NOT_FOUND");
    }
    app.finish().await;
}
