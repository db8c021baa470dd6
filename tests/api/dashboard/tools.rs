//! Registering a tool by its page, and deleting one.

use entity::tools::Entity;

use super::{assert_hides, assert_shows, secret_in};
use crate::support::{TestApp, csrf_of, hidden_in};

const TOOL: [(&str, &str); 4] = [
    ("name", "lookup_order"),
    ("url", "https://tools.example/orders?<x>"),
    ("timeout_ms", ""),
    ("parameters", r#"{"type":"object"}"#),
];

#[tokio::test]
async fn a_tool_is_registered_its_secret_shown_once_and_it_is_deleted() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    assert_shows(&alice.page("/tools").await, &["No tools yet"]);
    let made = alice.submit("/tools", "/tools", &TOOL).await;
    assert_eq!(
        (made.status, made.header("cache-control")),
        (200, "no-store")
    );
    assert_shows(&made.text, &["lookup_order is registered", "whsec_"]);

    let page = alice.page("/tools").await;
    assert_shows(&page, &["lookup_order", "5000 ms", "its owner&#39;s calls"]);
    assert_hides(&page, &["whsec_", "<x>"]);
    let again = alice.submit("/tools", "/tools", &TOOL).await;
    assert_eq!(again.status, 409, "{again:?}");
    assert_shows(&again.text, &["You have a tool named lookup_order already"]);

    let (_, after) = page.split_once("action=\"/tools/").unwrap();
    let action = format!("/tools/{}", after.split_once('"').unwrap().0);
    let mut bob = app.visitor(&app.user("bob").await).await;
    let theirs = bob.page("/tools").await;
    assert_hides(&theirs, &["lookup_order</code>"]);
    let csrf = csrf_of(&theirs).to_owned();
    assert_eq!(bob.send(&action, &[("csrf", &csrf)]).await.status, 404);
    let deleted = alice.submit("/tools", &action, &[]).await;
    assert_shows(
        &alice.follow(&deleted).await,
        &["it is asked no more", "No tools yet"],
    );
    app.finish().await;
}

#[tokio::test]
async fn a_form_that_is_sent_twice_registers_one_tool_and_shows_its_secret_twice() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let page = alice.page("/tools").await;
    let filled = [&TOOL[..], &hidden_in(&page, "/tools")].concat();
    let first = alice.send("/tools", &filled).await;
    let again = alice.send("/tools", &filled).await;
    assert_eq!(secret_in(&first.text), secret_in(&again.text));
    assert_eq!(app.rows::<Entity>().await, 1);
    app.finish().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_tool_is_said_beside_its_field() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let wrong = [
        ("name", "look up"),
        ("url", "http://169.254.169.254/"),
        ("timeout_ms", "5"),
    ];
    let refused = alice.submit("/tools", "/tools", &wrong).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_shows(
        &refused.text,
        &["give 1 to 64 letters", "give 100 to 20000 milliseconds"],
    );
    assert_shows(&refused.text, &["http://169.254.169.254/", "look up"]);
    let wrong = [
        ("name", "a"),
        ("url", "https://tools.example/"),
        ("parameters", "{"),
    ];
    let refused = alice.submit("/tools", "/tools", &wrong).await;
    assert_shows(&refused.text, &["this is no JSON"]);
    app.finish().await;
}
