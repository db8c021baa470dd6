//! A session is told in the order of the log, whoever commits late and
//! wherever it was recorded.

use entity::{EventId, calls::CallStatus};
use ringback::events::{Kind, OfCall, Payload, Subject, Told as ToBeTold};
use sea_orm::{ActiveModelTrait, DatabaseTransaction};
use serde_json::json;
use uuid::Uuid;

use super::{super::log_order::begin, *};

/// Draws a place in the log for a line, and does not commit yet.
async fn tell(app: &TestApp, tx: &DatabaseTransaction, call: &str, text: &str) {
    let call = vapi::call(app, call).await;
    let data = json!({"role": "user", "text": text, "at": null});
    let payload = Payload {
        id: EventId::from_uuid(Uuid::now_v7()),
        kind: Kind::CallTranscript,
        call: Some(Subject {
            id: call.id,
            vapi_id: call.vapi_call_id,
            status: CallStatus::InProgress,
            sequence: 1,
        }),
        timestamp: app.clock.millis(),
        data: data.as_object().unwrap().clone(),
    };
    let mut told = ToBeTold::without_call(payload, call.owner);
    told.call = Some(OfCall {
        id: call.id,
        status: CallStatus::InProgress,
        sequence: 1,
        recorder_was_here: true,
        since: call.created_at,
    });
    told.row(&app.app.seal).insert(tx).await.unwrap();
}

#[tokio::test]
async fn a_line_that_commits_late_is_neither_skipped_nor_overtaken() {
    let app = TestApp::spawn().await;
    if app.app.db.is_postgres() {
        let alice = app.user("alice").await;
        vapi::says(&app, status("v1", "alice", "in-progress")).await;
        let mut socket = follow(&app, &alice, "v1").await;
        let last = socket.frame().await["id"].as_str().unwrap().to_owned();
        let late = begin(&app).await;
        tell(&app, &late, "v1", "First.").await;
        says(&app, "v1", "Second.").await;
        let mut again = follow_again(&app, &alice, "v1", &last).await;
        late.commit().await.unwrap();
        for socket in [&mut socket, &mut again] {
            assert_eq!(heard(socket, 2).await, ["First.", "Second."]);
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn what_is_recorded_here_is_heard_there_and_the_other_way_round() {
    let here = TestApp::spawn().await;
    if let Some(there) = here.beside(&[]).await {
        let alice = here.user("alice").await;
        vapi::says(&here, status("v1", "alice", "in-progress")).await;
        let mut socket = follow(&there, &alice, "v1").await;
        let mut last = socket.frame().await["id"].as_str().unwrap().to_owned();
        for (n, (from, to)) in [(&here, &there), (&there, &here)].into_iter().enumerate() {
            let line = format!("Line {n}.");
            let mut socket = follow_again(to, &alice, "v1", &last).await;
            says(from, "v1", &line).await;
            let frame = socket.frame().await;
            assert_eq!(frame["data"]["transcript"], line);
            last = frame["id"].as_str().unwrap().to_owned();
        }
        there.finish().await;
    }
    here.finish().await;
}
