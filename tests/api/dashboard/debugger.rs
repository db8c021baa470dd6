//! The signature debugger.

use sea_orm::ActiveValue::Set;

use super::hidden;
use crate::support::{Receiver, TestApp};

#[tokio::test]
async fn what_a_receiver_got_is_judged_by_the_subscriptions_own_secret() {
    let app = TestApp::spawn().await;
    let receiver = Receiver::start().await;
    let url = receiver.url();
    let id = app
        .subscription("alice", |row| row.url = Set(url))
        .await
        .to_string();
    let mut alice = app.visitor(&app.user("alice").await).await;
    let test = format!("/subscriptions/{id}/test");
    alice
        .submit(&test, &test, &[("event", "call.completed")])
        .await;
    let [got] = &receiver.requests()[..] else {
        panic!("one came")
    };
    let lines = got
        .headers
        .iter()
        .map(|(name, value)| format!("< {name}: {}\r\n", value.to_str().unwrap()));
    let headers: String = lines.collect();
    let body = String::from_utf8(got.body.clone()).unwrap();
    let given = [
        ("headers", headers.as_str()),
        ("body", &body),
        ("subscription", &id),
    ];
    let judged = alice.submit("/debugger", "/debugger", &given).await;
    assert!(
        judged.text.contains("The signature verifies."),
        "{}",
        judged.text
    );
    let rewritten = body.replace(",\"", ", \"");
    let given = [
        ("headers", headers.as_str()),
        ("body", &rewritten),
        ("subscription", &id),
    ];
    let judged = alice.submit("/debugger", "/debugger", &given).await;
    assert!(judged.text.contains("body_rewritten"), "{}", judged.text);
    app.finish().await;
}

#[tokio::test]
async fn a_pasted_secret_is_judged_and_written_nowhere() {
    let app = TestApp::spawn().await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let given = [
        ("headers", "x-webhook-signature: sha256=00"),
        ("body", "</textarea><script>"),
        ("secret_key", secret),
    ];
    let judged = alice.submit("/debugger", "/debugger", &given).await;
    assert!(judged.text.contains("does not verify"), "{}", judged.text);
    assert!(!judged.text.contains(secret) && !judged.text.contains("</textarea><script>"));
    let neither = [
        ("headers", "x-webhook-signature: sha256=00"),
        ("body", "{}"),
    ];
    assert_eq!(
        alice
            .submit("/debugger", "/debugger", &neither)
            .await
            .status,
        400
    );
    app.finish().await;
}

#[tokio::test]
async fn anothers_secret_judges_nothing() {
    let app = TestApp::spawn().await;
    let id = app.subscription_of("bob").await.to_string();
    let mut alice = app.visitor(&app.user("alice").await).await;
    let page = alice.page("/debugger").await;
    assert!(!page.contains(&id));
    let csrf = hidden(&page, "csrf");
    let given = [
        ("csrf", csrf.as_str()),
        ("headers", "a: b"),
        ("body", ""),
        ("subscription", &id),
    ];
    assert_eq!(alice.send("/debugger", &given).await.status, 404);
    app.finish().await;
}
