//! The live stream: what it tells whom, where it goes on, how it ends.

mod bounds;
mod log_order;
mod session;

use std::time::Duration;

use entity::events;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::Value;

use crate::support::{
    ADMIN_KEY, Stream, TestApp,
    vapi::{self, WELL, report, status},
};

const STREAM: &str = "/api/v6/call/webhook/stream";

async fn listen(app: &TestApp, token: &str, query: &str) -> Stream {
    app.get(&format!("{STREAM}{query}"))
        .by(token)
        .listen()
        .await
}

async fn listen_again(app: &TestApp, token: &str, last: &str) -> Stream {
    let ask = app.get(STREAM).by(token).header("last-event-id", last);
    ask.listen().await
}

/// Kind and call of the next so many events.
async fn told(stream: &mut Stream, count: usize) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for _ in 0..count {
        let told = stream.told().await;
        let data: Value = serde_json::from_str(&told.data).unwrap();
        all.push((told.event, data["callId"].as_str().unwrap().to_owned()));
    }
    all
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(kind, call): &(&str, &str)| ((*kind).to_owned(), (*call).to_owned());
    expected.iter().map(owned).collect()
}

#[tokio::test]
async fn an_event_is_told_with_its_id_its_kind_and_exactly_its_payload() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let ask = app.get(STREAM).by(&alice).header("accept-encoding", "gzip");
    let mut stream = ask.listen().await;
    let headers = stream.response.headers();
    assert_eq!(headers["content-type"], "text/event-stream");
    assert_eq!(headers["content-encoding"], "identity");
    vapi::says(&app, report("v1", "alice", WELL, "Said \"so\"\nand so.")).await;
    let told = [stream.told().await, stream.told().await];
    let rows = events::Entity::find().order_by_asc(events::Column::Position);
    let rows = rows.all(app.app.db.read()).await.unwrap();
    assert_eq!(rows.len(), 2);
    for (told, row) in told.iter().zip(&rows) {
        let place = ringback::infra::seal::Place {
            table: "events",
            column: "payload",
            row: row.id.as_bytes(),
        };
        let payload = app.app.seal.open(place, &row.payload.0).unwrap();
        assert_eq!(told.data.as_bytes(), &payload[..]);
        assert_eq!((&told.id, &told.event), (&row.id.to_string(), &row.kind));
    }
    app.finish().await;
}

#[tokio::test]
async fn everybody_hears_what_is_theirs_and_an_admin_hears_all() {
    let app = TestApp::spawn().await;
    let (alice, mallory) = (app.user("alice").await, app.user("mallory").await);
    let mut hers = listen(&app, &alice, "").await;
    let mut others = listen(&app, &mallory, "").await;
    let mut all = listen(&app, ADMIN_KEY, "").await;
    for (call, owner) in [
        ("v1", "alice"),
        ("v2", "bob"),
        ("v3", "mallory"),
        ("v4", "alice"),
    ] {
        vapi::says(&app, status(call, owner, "ringing")).await;
    }
    let changed = "call.status.changed";
    assert_eq!(
        told(&mut hers, 2).await,
        pairs(&[(changed, "v1"), (changed, "v4")])
    );
    assert_eq!(told(&mut others, 1).await, pairs(&[(changed, "v3")]));
    let expected = pairs(&[
        (changed, "v1"),
        (changed, "v2"),
        (changed, "v3"),
        (changed, "v4"),
    ]);
    assert_eq!(told(&mut all, 4).await, expected);
    app.finish().await;
}

#[tokio::test]
async fn who_comes_back_goes_on_after_the_last_event_without_a_gap_or_a_repeat() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let mut stream = listen(&app, &alice, "").await;
    vapi::says(&app, status("v0", "alice", "ringing")).await;
    let last = stream.told().await.id;
    drop(stream);
    // More than a page, between others' that are passed over.
    for n in 1..=70 {
        vapi::says(&app, status(&format!("v{n}"), "alice", "ringing")).await;
        vapi::says(&app, status(&format!("b{n}"), "bob", "ringing")).await;
    }
    let mut stream = listen_again(&app, &alice, &last).await;
    vapi::says(&app, status("v71", "alice", "ringing")).await;
    let calls: Vec<_> = told(&mut stream, 71)
        .await
        .into_iter()
        .map(|told| told.1)
        .collect();
    let expected: Vec<_> = (1..=71).map(|n| format!("v{n}")).collect();
    assert_eq!(calls, expected);
    vapi::says(&app, status("v72", "alice", "ringing")).await;
    assert_eq!(stream.told().await.event, "call.status.changed");
    app.finish().await;
}

#[tokio::test]
async fn a_last_event_that_is_none_of_ones_own_means_from_now_on() {
    let app = TestApp::spawn().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let mut bobs = listen(&app, &bob, "").await;
    vapi::says(&app, status("b1", "bob", "ringing")).await;
    let foreign = bobs.told().await.id;
    vapi::says(&app, status("v1", "alice", "ringing")).await;
    let mut all = listen_again(&app, ADMIN_KEY, &foreign).await;
    assert_eq!(told(&mut all, 1).await[0].1, "v1", "the tail has read it");
    let unknown = "evt_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60";
    for last in [foreign.as_str(), unknown, "nonsense", ""] {
        let mut stream = listen_again(&app, &alice, last).await;
        let call = format!("new-{last}");
        vapi::says(&app, status(&call, "alice", "ringing")).await;
        assert_eq!(told(&mut stream, 1).await[0].1, call);
    }
    app.finish().await;
}

#[tokio::test]
async fn one_call_is_listened_to_by_either_id_even_before_it_is_known() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let mut unknown = listen(&app, &alice, "?call_id=v1").await;
    vapi::says(&app, status("v1", "alice", "queued")).await;
    vapi::says(&app, status("v2", "alice", "queued")).await;
    let ours = vapi::call(&app, "v1").await.id;
    let mut by_vapis = listen(&app, &alice, "?call_id=v1").await;
    let mut by_ours = listen(&app, &alice, &format!("?call_id={ours}")).await;
    vapi::says(&app, status("v2", "alice", "ringing")).await;
    vapi::says(&app, status("v1", "alice", "ringing")).await;
    let changed = ("call.status.changed", "v1");
    assert_eq!(told(&mut unknown, 2).await, pairs(&[changed, changed]));
    for stream in [&mut by_vapis, &mut by_ours] {
        let mut next = told(stream, 1).await;
        // The first one may have been on its way when they came.
        assert_eq!(next.pop(), pairs(&[changed]).pop());
    }
    app.finish().await;
}

#[tokio::test]
async fn some_kinds_are_listened_to_and_unknown_ones_are_refused() {
    let app = TestApp::spawn().await;
    let mut stream = listen(&app, ADMIN_KEY, "?events=call.failed,%20call.completed").await;
    vapi::says(&app, status("v1", "alice", "ringing")).await;
    vapi::says(&app, report("v1", "alice", WELL, "Short.")).await;
    assert_eq!(
        told(&mut stream, 1).await,
        pairs(&[("call.completed", "v1")])
    );
    for (query, path) in [
        ("?events=call.complete", "events"),
        ("?call_id=", "call_id"),
        ("?calls=v1", "query"),
    ] {
        let refused = app.get(&format!("{STREAM}{query}")).by(ADMIN_KEY).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], path, "{refused:?}");
    }
    app.get(STREAM).await.assert_refused(401, "UNAUTHORIZED");
    app.finish().await;
}

#[tokio::test]
async fn a_quiet_stream_has_a_heartbeat() {
    let app = TestApp::spawn().await;
    let mut stream = listen(&app, ADMIN_KEY, "").await;
    for _ in 0..2 {
        app.advance(Duration::from_secs(15));
        assert_eq!(stream.frame().await.as_deref(), Some(": still here"));
    }
    app.finish().await;
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams() {
    let app = TestApp::spawn().await;
    let mut stream = listen(&app, ADMIN_KEY, "").await;
    app.finish().await;
    assert_eq!(stream.frame().await, None);
}

#[tokio::test]
async fn what_is_recorded_here_is_heard_there() {
    let here = TestApp::spawn().await;
    if here.app.db.is_postgres() {
        let there = here.beside(&[]).await.unwrap();
        let mut stream = listen(&there, ADMIN_KEY, "").await;
        vapi::says(&here, status("v1", "alice", "ringing")).await;
        let first = stream.told().await;
        drop(stream);
        vapi::says(&here, status("v2", "alice", "ringing")).await;
        let mut stream = listen_again(&here, ADMIN_KEY, &first.id).await;
        assert_eq!(told(&mut stream, 1).await[0].1, "v2");
        there.finish().await;
    }
    here.finish().await;
}

#[tokio::test]
async fn an_owner_may_listen_so_often_and_no_more() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let mut streams = Vec::new();
    for _ in 0..50 {
        streams.push(listen(&app, &alice, "").await);
    }
    let refused = app.get(STREAM).by(&alice).await;
    refused.assert_refused(429, "RATE_LIMITED");
    assert_eq!(refused.header("retry-after"), "30");
    listen(&app, ADMIN_KEY, "").await;
    app.finish().await;
}
