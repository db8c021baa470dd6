//! The first page: figures, states, and what happens.

use std::time::Duration;

use entity::{SubscriptionId, lanes::LaneState, stats_minutes};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use crate::support::{
    ADMIN_KEY, Receiver, TestApp,
    vapi::{self, WELL, report},
};

const MINUTE: Duration = Duration::from_secs(60);

/// What the tile of this name says.
fn tile(page: &str, name: &str) -> String {
    let (_, after) = page
        .split_once(&format!("<dt>{name}</dt><dd>"))
        .unwrap_or_else(|| panic!("no tile {name}: {page}"));
    after.split("</dd>").next().unwrap().to_owned()
}

#[tokio::test]
async fn who_is_new_is_told_what_to_do() {
    let app = TestApp::spawn().await;
    let page = app.visitor(ADMIN_KEY).await.page("/").await;
    assert!(page.contains("Nothing has happened yet"), "{page}");
    assert!(page.contains("<code>ringback simulate</code>"), "{page}");
    for (name, value) in [
        ("Events a minute", "0"),
        ("Deliveries a minute", "0"),
        ("Attempts that succeed", "–"),
        ("Half arrive within", "–"),
        ("Waiting", "0"),
    ] {
        assert_eq!(tile(&page, name), value, "{name}");
    }
    app.finish().await;
}

#[tokio::test]
async fn each_owner_sees_its_own_figures_and_an_admin_all() {
    let app = TestApp::silent().await;
    let now = app.clock.millis();
    for (owner, delivered) in [("alice", 1_000), ("bob", 7)] {
        let subscription = app.subscription_of(owner).await;
        minute(&app, subscription, now - 60_000, delivered, 10).await;
        // Too old for both charts.
        minute(&app, subscription, now - 25 * 3_600_000, 5_000, 0).await;
    }
    let alice = app.visitor(&app.user("alice").await).await.page("/").await;
    assert_eq!(tile(&alice, "Deliveries a minute"), "1\u{202f}000");
    assert_eq!(tile(&alice, "Attempts that succeed"), "99.0 %");
    assert_eq!(tile(&alice, "Half arrive within"), "20 ms");
    assert_eq!(tile(&alice, "99 % arrive within"), "&#62; 60 s");
    assert!(
        alice.contains("1\u{202f}000 delivered, 10 failed"),
        "{alice}"
    );
    assert!(
        alice.contains("08:59 UTC: 1000 delivered, 10 failed"),
        "{alice}"
    );
    let bob = app.visitor(&app.user("bob").await).await.page("/").await;
    assert_eq!(tile(&bob, "Deliveries a minute"), "7");
    let all = app.visitor(ADMIN_KEY).await.page("/").await;
    assert_eq!(tile(&all, "Deliveries a minute"), "1\u{202f}007");
    let nobody = app.visitor(&app.user("carol").await).await.page("/").await;
    assert_eq!(tile(&nobody, "Deliveries a minute"), "0");
    app.finish().await;
}

/// What the chart of the day shows, each span that is not empty.
fn day(page: &str) -> Vec<String> {
    let (_, chart) = page.split_once("Last day, by half hours").unwrap();
    let chart = chart.split("</figure>").next().unwrap();
    let spans = chart.split(" UTC: ").skip(1);
    let said = spans.map(|span| span.split(['<', '"']).next().unwrap().trim().to_owned());
    said.filter(|said| !said.starts_with("0 delivered, 0 failed"))
        .collect()
}

#[tokio::test]
async fn a_half_hour_is_added_up_until_it_is_over_and_then_remembered() {
    let app = TestApp::silent().await;
    let alice = app.subscription_of("alice").await;
    let mut visitor = app.visitor(&app.user("alice").await).await;
    let now = app.clock.millis();
    let half_hour = 1_800_000;
    minute(&app, alice, now - 2 * half_hour, 1, 0).await;
    minute(&app, alice, now, 20, 0).await;
    let shown = |counts: &[i32]| -> Vec<String> {
        let shown = counts.iter();
        shown
            .map(|count| format!("{count} delivered, 0 failed"))
            .collect()
    };
    assert_eq!(day(&visitor.page("/").await), shown(&[1, 20]));
    // What is over is remembered, and what is under way is not.
    minute(&app, alice, now - 2 * half_hour + 60_000, 2, 0).await;
    minute(&app, alice, now + 60_000, 30, 0).await;
    assert_eq!(day(&visitor.page("/").await), shown(&[1, 50]));
    // Nobody sees what another one remembers.
    let mut admin = app.visitor(ADMIN_KEY).await;
    assert_eq!(day(&admin.page("/").await), shown(&[3, 50]));
    let mut bob = app.visitor(&app.user("bob").await).await;
    assert_eq!(day(&bob.page("/").await), shown(&[]));
    // A day later the oldest have gone, and what came since is there.
    app.advance(Duration::from_secs(23 * 3_600));
    let mut visitor = app.visitor(&app.user("alice").await).await;
    minute(&app, alice, app.clock.millis(), 4, 0).await;
    assert_eq!(day(&visitor.page("/").await), shown(&[50, 4]));
    app.finish().await;
}

async fn minute(app: &TestApp, id: SubscriptionId, at: i64, delivered: i32, failed: i32) {
    app.insert(stats_minutes::ActiveModel {
        minute: Set(at - at.rem_euclid(60_000)),
        subscription_id: Set(id),
        delivered: Set(delivered),
        failed: Set(failed),
        within_20ms: Set(delivered - delivered / 50),
        slower: Set(delivered / 50),
        ..Default::default()
    })
    .await;
}

#[tokio::test]
async fn what_waits_is_counted_by_its_owner_and_by_how_long() {
    let app = TestApp::silent().await;
    let subscription = app.subscription_of("alice").await;
    let event = app.event_of("alice", None, "call.completed").await;
    app.waits(subscription, &event, 0, |_| {}).await;
    app.advance(MINUTE);
    let event = app.event_of("alice", None, "call.completed").await;
    app.waits(subscription, &event, 3, |_| {}).await;
    app.advance(MINUTE);
    let alice = app.visitor(&app.user("alice").await).await.page("/").await;
    assert_eq!(tile(&alice, "Waiting"), "2");
    assert!(alice.contains("the oldest for 2 min"), "{alice}");
    let bob = app.visitor(&app.user("bob").await).await.page("/").await;
    assert_eq!(tile(&bob, "Waiting"), "0");
    assert!(!bob.contains("the oldest for"), "{bob}");
    app.finish().await;
}

#[tokio::test]
async fn states_are_counted_and_what_fails_is_named_with_its_reason() {
    let app = TestApp::silent().await;
    app.subscription_of("alice").await;
    let failing = app.subscription_of("alice").await;
    app.change_lane(failing, |lane| {
        lane.state = Set(LaneState::Failing);
        lane.consecutive_failures = Set(3);
        lane.last_error = Set(Some("the receiver <b>refused</b>".to_owned()));
    })
    .await;
    app.paused_subscription_of("alice").await;
    let alice = app.visitor(&app.user("alice").await).await.page("/").await;
    for (state, count) in [("healthy", 1), ("failing", 1), ("open", 0), ("paused", 1)] {
        let shown = format!(r#"<a href="/subscriptions?state={state}">{count}</a>"#);
        assert!(alice.contains(&shown), "{state}: {alice}");
    }
    assert!(
        alice.contains(&format!("/subscriptions/{failing}")),
        "{alice}"
    );
    assert!(alice.contains("the receiver &#60;b&#62;refused"), "{alice}");
    let bob = app.visitor(&app.user("bob").await).await.page("/").await;
    assert!(!bob.contains(&failing.to_string()), "{bob}");
    app.finish().await;
}

#[tokio::test]
async fn events_are_shown_escaped_and_those_of_the_last_minute_counted() {
    let app = TestApp::spawn().await;
    let hostile = "</time><script>alert(1)</script>";
    vapi::says(&app, report(hostile, "alice", WELL, "Good.")).await;
    vapi::says(&app, report("v-bob", "bob", WELL, "Good.")).await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let page = alice.page("/").await;
    assert!(
        page.contains("call.completed") && !page.contains("v-bob"),
        "{page}"
    );
    assert!(!page.contains("<script>alert"), "{page}");
    assert_eq!(tile(&page, "Events a minute"), "2");
    let all = app.visitor(ADMIN_KEY).await.page("/").await;
    assert_eq!(tile(&all, "Events a minute"), "4");
    app.advance(MINUTE * 2);
    assert_eq!(tile(&alice.page("/").await, "Events a minute"), "0");
    let all = app.visitor(ADMIN_KEY).await.page("/").await;
    assert_eq!(tile(&all, "Events a minute"), "0");
    app.finish().await;
}

#[tokio::test]
async fn an_event_is_heard_without_loading_the_page_again() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    vapi::says(&app, report("v1", "alice", WELL, "Good.")).await;
    let page = alice.page("/").await;
    let (_, after) = page.split_once(r#"data-after=""#).unwrap();
    let last = after.split('"').next().unwrap().to_owned();
    // One that comes between the page and its script is not missed either.
    vapi::says(&app, report("v2", "alice", WELL, "Good.")).await;
    let live = app.get(&format!("/live?after={last}"));
    let mut stream = alice.dressed(live).listen().await;
    vapi::says(&app, report("v-bob", "bob", WELL, "Good.")).await;
    vapi::says(&app, report("v3", "alice", WELL, "Good.")).await;
    let mut calls = Vec::new();
    for _ in 0..4 {
        let told: serde_json::Value = serde_json::from_str(&stream.told().await.data).unwrap();
        calls.push(told["callId"].clone());
    }
    assert_eq!(calls, [json!("v2"), json!("v2"), json!("v3"), json!("v3")]);
    assert_eq!(app.get("/live").await.status, 401);
    drop(stream);
    app.finish().await;
}

#[tokio::test]
async fn what_is_sent_is_counted_as_it_is_settled() {
    let app = TestApp::spawn().await;
    let receiver = Receiver::start().await;
    let key = app.user("alice").await;
    let wanted = json!({ "webhook_url": receiver.url() });
    let subscribe = app.post("/api/v6/call/webhook/subscribe").by(&key);
    assert_eq!(subscribe.json(&wanted).await.status, 201);
    vapi::says(&app, report("v1", "alice", WELL, "Good.")).await;
    app.deliveries.idle().await;
    app.advance(MINUTE);
    let page = app.visitor(&key).await.page("/").await;
    assert_eq!(tile(&page, "Deliveries a minute"), "2");
    assert_eq!(tile(&page, "Attempts that succeed"), "100 %");
    assert!(page.contains("2 delivered, 0 failed"), "{page}");
    app.finish().await;
}
