//! What a stream is bounded by: what is kept for who listens, and how long a
//! proof is good.

use entity::EventId;
use ringback::{
    events::{Kind, Payload, Told as ToBeTold},
    infra::hub::Wake,
};
use sea_orm::ActiveModelTrait;
use serde_json::json;
use uuid::Uuid;

use super::{log_order::begin, *};
use crate::support::WebSocket;

/// A key of Alice's, and its id.
pub(super) async fn key(app: &TestApp) -> (String, String) {
    let wanted = json!({"name": "test", "role": "user", "owner": "alice"});
    let made = app.post("/api/v1/keys").by(ADMIN_KEY).json(&wanted).await;
    let text = |field: &str| made.body[field].as_str().unwrap().to_owned();
    (text("key"), text("key_id"))
}

pub(super) async fn revoke(app: &TestApp, id: &str) {
    let revoked = app.delete(&format!("/api/v1/keys/{id}")).by(ADMIN_KEY);
    assert_eq!(revoked.await.status, 200);
}

/// More than is kept in memory, at once.
async fn burst(app: &TestApp) -> Vec<String> {
    let (tx, mut ids) = (begin(app).await, Vec::new());
    for n in 0..24 {
        let data = json!({"number": n, "filler": "x".repeat(400 << 10)});
        let payload = Payload {
            id: EventId::from_uuid(Uuid::now_v7()),
            kind: Kind::CampaignProgress,
            call: None,
            timestamp: app.clock.millis(),
            data: data.as_object().unwrap().clone(),
        };
        let told = ToBeTold::without_call(payload, Some("alice".to_owned()));
        ids.push(told.id.to_string());
        told.row(&app.app.seal).insert(&tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    app.app.hub.ring(Wake::Events);
    ids
}

#[tokio::test]
async fn who_falls_behind_what_is_kept_is_told_so_and_comes_back_without_a_gap() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let mut stream = listen(&app, &alice, "").await;
    vapi::says(&app, status("v1", "alice", "ringing")).await;
    let last = stream.told().await.id;
    let ids = burst(&app).await;
    let farewell = stream.told().await;
    assert_eq!((&*farewell.event, &*farewell.id), ("error", ""));
    assert!(farewell.data.contains("TOO_SLOW"), "{farewell:?}");
    assert_eq!(stream.frame().await, None);
    let mut stream = listen_again(&app, &alice, &last).await;
    for id in ids {
        assert_eq!(stream.told().await.id, id);
    }
    app.finish().await;
}

#[tokio::test]
async fn nothing_is_told_to_a_key_that_was_revoked() {
    let app = TestApp::spawn().await;
    let (alice, id) = key(&app).await;
    let mut stream = listen(&app, &alice, "").await;
    let mut quiet = listen(&app, &alice, "?events=call.failed").await;
    revoke(&app, &id).await;
    app.advance(Duration::from_secs(5));
    vapi::says(&app, status("v1", "alice", "ringing")).await;
    let farewell = stream.told().await;
    assert!(farewell.data.contains("UNAUTHORIZED"), "{farewell:?}");
    assert_eq!(stream.frame().await, None);
    app.advance(Duration::from_secs(10));
    let farewell = quiet.told().await;
    assert!(farewell.data.contains("UNAUTHORIZED"), "{farewell:?}");
    app.finish().await;
}

#[tokio::test]
async fn sockets_and_streams_take_the_same_places() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    vapi::says(&app, status("v1", "alice", "ringing")).await;
    let by = [("authorization", &*format!("Bearer {alice}"))];
    let mut sockets: Vec<WebSocket> = Vec::new();
    for _ in 0..50 {
        let mut socket = app.connect("/api/v1/sessions/v1/live", &by).await;
        assert_eq!(socket.frame().await["type"], "status");
        sockets.push(socket);
    }
    let refused = app.get(STREAM).by(&alice).await;
    refused.assert_refused(429, "RATE_LIMITED");
    let mut one_more = app.connect("/api/v1/sessions/v1/live", &by).await;
    assert_eq!(one_more.closed().await, 4429);
    app.finish().await;
}
