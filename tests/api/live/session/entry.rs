//! Who is let in to follow a session.

use super::{
    super::bounds::{key, revoke},
    *,
};

fn auth(token: &str) -> String {
    serde_json::json!({"type": "auth", "token": token}).to_string()
}

#[tokio::test]
async fn a_browser_shows_its_token_first_and_may_name_the_last_frame_that_it_has() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    vapi::says(&app, status("v1", "alice", "ringing")).await;
    says(&app, "v1", "Hello.").await;
    let mut socket = app.connect(&path("v1"), &[]).await;
    socket.say(auth(&alice)).await;
    let last = socket.frame().await["id"].clone();
    let mut again = app.connect(&path("v1"), &[]).await;
    let greeting = serde_json::json!({"type": "auth", "token": alice, "last_event_id": last});
    again.say(greeting.to_string()).await;
    for socket in [&mut socket, &mut again] {
        assert_eq!(heard(socket, 1).await, ["Hello."]);
    }
    app.finish().await;
}

#[tokio::test]
async fn who_has_no_valid_token_is_closed_with_4401() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    vapi::says(&app, status("v1", "alice", "ringing")).await;
    let first = [
        auth("rbk_nonsense"),
        auth(""),
        auth("two words"),
        auth("line\nbreak"),
        serde_json::json!({"type": "auth", "token": alice, "more": 1}).to_string(),
        serde_json::json!({"token": alice}).to_string(),
        alice.clone(),
        String::new(),
    ];
    for said in first {
        let mut socket = app.connect(&path("v1"), &[]).await;
        socket.say(&said).await;
        assert_eq!(socket.closed().await, 4401, "{said}");
    }
    assert_eq!(follow(&app, "nonsense", "v1").await.closed().await, 4401);
    // Nor by the address, which is logged on the way.
    let mut socket = app
        .connect(&format!("{}?token={alice}", path("v1")), &[])
        .await;
    socket.say("{}").await;
    assert_eq!(socket.closed().await, 4401);
    app.finish().await;
}

#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    let app = TestApp::spawn().await;
    let mut socket = app.connect(&path("v1"), &[]).await;
    app.advance(Duration::from_secs(10));
    assert_eq!(socket.closed().await, 4401);
    app.finish().await;
}

#[tokio::test]
async fn a_session_is_there_for_its_owner_and_for_an_admin_alone() {
    let app = TestApp::spawn().await;
    let mallory = app.user("mallory").await;
    vapi::says(&app, status("v1", "alice", "ringing")).await;
    let ours = vapi::call(&app, "v1").await.id.to_string();
    for id in ["v1", &*ours, "unknown", "%00"] {
        assert_eq!(follow(&app, &mallory, id).await.closed().await, 4404);
    }
    for id in ["v1", &*ours] {
        let mut socket = follow(&app, ADMIN_KEY, id).await;
        assert_eq!(heard(&mut socket, 1).await, ["ringing"]);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_key_that_was_revoked_hears_no_more() {
    let app = TestApp::spawn().await;
    let (alice, id) = key(&app).await;
    vapi::says(&app, status("v1", "alice", "ringing")).await;
    let mut socket = follow(&app, &alice, "v1").await;
    assert_eq!(heard(&mut socket, 1).await, ["ringing"]);
    revoke(&app, &id).await;
    app.advance(Duration::from_secs(5));
    says(&app, "v1", "A secret.").await;
    assert_eq!(socket.closed().await, 4401);
    app.finish().await;
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused_unless_it_is_named() {
    let named = [("RINGBACK_CORS_ORIGINS", "https://app.example.com")];
    let app = TestApp::with(&named).await;
    let alice = app.user("alice").await;
    vapi::says(&app, status("v1", "alice", "ringing")).await;
    for (origin, is_let_in) in [
        (app.url(""), true),
        ("https://app.example.com".to_owned(), true),
        ("https://evil.example".to_owned(), false),
        ("null".to_owned(), false),
    ] {
        let by = format!("Bearer {alice}");
        let headers = [("origin", &*origin), ("authorization", &*by)];
        let opened = app.try_connect(&path("v1"), &headers).await;
        assert_eq!(opened.err(), (!is_let_in).then_some(403), "{origin}");
    }
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_handshake_is_told_so() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    app.get(&path("v1"))
        .await
        .assert_refused(401, "UNAUTHORIZED");
    let refused = app.get(&path("v1")).by(&alice).await;
    refused.assert_refused(400, "INVALID_REQUEST");
    assert_eq!(refused.body["details"][0]["path"], "upgrade");
    let half = app
        .get(&path("v1"))
        .by(&alice)
        .header("upgrade", "websocket");
    half.await.assert_refused(400, "INVALID_REQUEST");
    app.finish().await;
}
