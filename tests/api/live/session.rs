//! One call, live, for the app of whoever speaks in it.

mod entry;
mod order;

use super::*;
use crate::support::{Said, WebSocket};

async fn follow(app: &TestApp, token: &str, call: &str) -> WebSocket {
    let by = [("authorization", &*format!("Bearer {token}"))];
    app.connect(&path(call), &by).await
}

async fn follow_again(app: &TestApp, token: &str, call: &str, last: &str) -> WebSocket {
    let by = format!("Bearer {token}");
    let headers = [("authorization", &*by), ("last-event-id", last)];
    app.connect(&path(call), &headers).await
}

fn path(call: &str) -> String {
    format!("/api/v1/sessions/{call}/live")
}

/// What the next so many frames are about.
async fn heard(socket: &mut WebSocket, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..count {
        let frame = socket.frame().await;
        let word = match frame["type"].as_str().unwrap() {
            "transcript" => &frame["data"]["transcript"],
            "status" => &frame["data"]["status"],
            kind => panic!("{kind}: {frame}"),
        };
        all.push(word.as_str().unwrap().to_owned());
    }
    all
}

async fn says(app: &TestApp, call: &str, text: &str) {
    vapi::says(app, vapi::line(call, "alice", "user", text)).await;
}

#[tokio::test]
async fn a_session_is_told_from_its_beginning_to_its_summary() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    vapi::says(&app, status("v1", "alice", "ringing")).await;
    says(&app, "v1", "Hello.").await;
    let mut socket = follow(&app, &alice, "v1").await;
    let first = socket.frame().await;
    assert!(first["id"].as_str().unwrap().starts_with("evt_"), "{first}");
    assert_eq!(first["type"], "status");
    assert_eq!(first["data"]["status"], "ringing");
    assert_eq!(first["data"]["previousStatus"], Value::Null);
    let said = socket.frame().await;
    assert_eq!(said["type"], "transcript");
    assert_eq!(said["data"]["role"], "user");
    assert_eq!(said["data"]["transcript"], "Hello.");
    assert!(said["data"]["timestamp"].is_string(), "{said}");
    assert_eq!(said["data"].as_object().unwrap().len(), 3, "{said}");

    vapi::says(&app, status("v2", "alice", "ringing")).await;
    vapi::says(&app, report("v1", "alice", WELL, "All is well.")).await;
    assert_eq!(heard(&mut socket, 1).await, ["completed"], "nothing of v2");
    let last = socket.frame().await;
    assert_eq!(last["type"], "session_end");
    assert_eq!(last["data"]["sessionId"], "v1");
    assert_eq!(last["data"]["status"], "ended");
    let read = app.get("/api/v1/sessions/v1/summary").by(&alice).await;
    assert_eq!(last["data"]["summary"], read.body["summary"]);
    assert_eq!(last["data"]["summary"]["text"], "All is well.");
    assert_eq!(socket.closed().await, 1000);
    app.finish().await;
}

#[tokio::test]
async fn who_comes_back_goes_on_after_the_last_frame_without_a_gap_or_a_repeat() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    vapi::says(&app, status("v1", "alice", "in-progress")).await;
    let mut socket = follow(&app, &alice, "v1").await;
    let last = socket.frame().await["id"].as_str().unwrap().to_owned();
    drop(socket);
    let lines: Vec<_> = (1..=70).map(|n| format!("Line {n}.")).collect();
    for line in &lines {
        says(&app, "v1", line).await;
        says(&app, "v2", "Something else.").await;
    }
    let mut socket = follow_again(&app, &alice, "v1", &last).await;
    assert_eq!(heard(&mut socket, 70).await, lines);
    says(&app, "v1", "And that.").await;
    assert_eq!(heard(&mut socket, 1).await, ["And that."]);
    app.finish().await;
}

#[tokio::test]
async fn who_comes_back_after_the_end_is_told_the_end_alone() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    vapi::says(&app, report("v1", "alice", WELL, "Short.")).await;
    let mut socket = follow(&app, &alice, "v1").await;
    assert_eq!(heard(&mut socket, 1).await, ["completed"]);
    let last = socket.frame().await["id"].as_str().unwrap().to_owned();
    assert_eq!(socket.closed().await, 1000);
    let mut socket = follow_again(&app, &alice, "v1", &last).await;
    assert_eq!(socket.frame().await["type"], "session_end");
    assert_eq!(socket.closed().await, 1000);
    app.finish().await;
}

#[tokio::test]
async fn a_canceled_call_ends_its_session() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    vapi::says(&app, status("v1", "alice", "ringing")).await;
    let mut socket = follow(&app, &alice, "v1").await;
    vapi::says(&app, vapi::ended("v1", "alice", "manually-canceled")).await;
    assert_eq!(heard(&mut socket, 2).await, ["ringing", "canceled"]);
    let last = socket.frame().await;
    assert_eq!(last["type"], "session_end");
    let last = last["id"].as_str().unwrap().to_owned();
    assert_eq!(socket.closed().await, 1000);
    let mut socket = follow_again(&app, &alice, "v1", &last).await;
    assert_eq!(socket.frame().await["type"], "session_end");
    app.finish().await;
}

#[tokio::test]
async fn what_was_said_before_a_session_was_claimed_is_told_to_whoever_claimed_it() {
    let app = TestApp::spawn().await;
    let (alice, mallory) = (app.user("alice").await, app.user("mallory").await);
    let mut message = status("web-1", "alice", "in-progress");
    message["call"]["metadata"] = serde_json::json!({});
    vapi::says(&app, message).await;
    for token in [&alice, &mallory] {
        assert_eq!(follow(&app, token, "web-1").await.closed().await, 4404);
    }
    let claim = serde_json::json!({"session_id": "web-1"});
    let claimed = app.post("/api/v1/sessions").by(&alice).json(&claim).await;
    assert_eq!(claimed.status, 201, "{claimed:?}");
    let mut socket = follow(&app, &alice, "web-1").await;
    assert_eq!(heard(&mut socket, 1).await, ["in_progress"]);
    assert_eq!(follow(&app, &mallory, "web-1").await.closed().await, 4404);
    app.finish().await;
}

#[tokio::test]
async fn a_quiet_socket_is_asked_whether_anybody_is_there() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    vapi::says(&app, status("v1", "alice", "ringing")).await;
    let mut socket = follow(&app, &alice, "v1").await;
    assert_eq!(heard(&mut socket, 1).await, ["ringing"]);
    for n in 1..=4 {
        app.advance(Duration::from_secs(15));
        assert_eq!(socket.next().await, Said::Ping);
        // It has answered before it hears of this.
        socket.say("{}").await;
        let line = format!("Line {n}.");
        says(&app, "v1", &line).await;
        assert_eq!(heard(&mut socket, 1).await, [line]);
    }
    app.finish().await;
}

#[tokio::test]
async fn who_never_answers_is_told_and_dropped() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let claim = serde_json::json!({"session_id": "web-1"});
    app.post("/api/v1/sessions").by(&alice).json(&claim).await;
    let mut absent = app.connect_absently(&path("web-1"), &alice).await;
    says(&app, "web-1", "Hi.").await;
    assert_eq!(absent.next().await.0, 0x81, "it is let in");
    assert_eq!(absent.next().await.0, 0x81);
    for _ in 0..2 {
        app.advance(Duration::from_secs(15));
        assert_eq!(absent.next().await, (0x89, Vec::new()), "a ping");
    }
    app.advance(Duration::from_secs(15));
    let (kind, why) = absent.next().await;
    assert_eq!((kind, &why[..2]), (0x88, &4408_u16.to_be_bytes()[..]));
    app.finish().await;
}

#[tokio::test]
async fn a_server_that_stops_closes_its_sockets() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    vapi::says(&app, status("v1", "alice", "ringing")).await;
    let mut socket = follow(&app, &alice, "v1").await;
    assert_eq!(heard(&mut socket, 1).await, ["ringing"]);
    let mut unknown = app.connect(&path("v1"), &[]).await;
    let (_, closed, unknown) = tokio::join!(app.finish(), socket.closed(), unknown.closed());
    assert_eq!((closed, unknown), (1001, 1013));
}
