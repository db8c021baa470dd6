//! One delivery: its attempts, why it stands where it stands, and the command that reproduces it.

use entity::{DeliveryId, SubscriptionId, subscriptions::Entity};
use ringback::{
    subscriptions::sealed::{Headers, SecretColumn, open_secret, seal_headers},
    trial::verify::{self, Secrets, verify},
};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::json;

use super::{hidden, unescaped};
use crate::support::TestApp;

/// A delivery of alice's that failed once and was delivered then.
async fn delivered(app: &TestApp) -> (SubscriptionId, DeliveryId) {
    let headers = Headers::from([("x-token".to_owned(), "of-the-receiver".to_owned())]);
    let id = app.subscription_of("alice").await;
    let sealed = seal_headers(&app.app.seal, id, &headers).unwrap();
    let changed = app.app.db.write(move |tx| async move {
        let row = entity::subscriptions::ActiveModel {
            id: Set(id),
            headers: Set(Some(sealed)),
            ..Default::default()
        };
        Ok(sea_orm::ActiveModelTrait::update(row, &*tx).await?)
    });
    changed.await.unwrap();
    let data = json!({"text": "it's <b>bold</b>", "cost": 0.45});
    let event = app.event_with("alice", None, "call.completed", data).await;
    app.tried(id, &event, |_| {}).await;
    let delivery = app
        .tried(id, &event, |attempt| {
            attempt.attempt = Set(Some(2));
            attempt.outcome = Set("delivered".to_owned());
            attempt.status_code = Set(Some(204));
            attempt.error = Set(None);
            attempt.response = Set(None);
            attempt.r#final = Set(true);
        })
        .await;
    (id, delivery)
}

#[tokio::test]
async fn a_delivery_tells_its_story() {
    let app = TestApp::silent().await;
    let (subscription, id) = delivered(&app).await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let page = alice.page(&format!("/deliveries/{id}")).await;
    for part in [
        "Attempt 1",
        "answered <strong>500</strong>",
        "The receiver failed by itself.",
        "oh no",
        "name looked up <strong>1.2 ms</strong>",
        "waited for the answer <strong>31 ms</strong>",
        "in all <strong>35 ms</strong>",
        "Attempt 2",
        "The receiver took attempt 2 (204).",
        "it&#39;s &#60;b&#62;bold&#60;/b&#62;",
        "&#34;cost&#34;: 0.45",
        &format!("/subscriptions/{subscription}"),
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("of-the-receiver"));
    app.finish().await;
}

#[tokio::test]
async fn one_that_waits_says_for_what_and_is_sent_when_somebody_says_so() {
    let app = TestApp::silent().await;
    let id = app.subscription_of("alice").await;
    let event = app.event_of("alice", None, "call.completed").await;
    let due_at = app.clock.millis() + 300_000;
    let delivery = app
        .waits(id, &event, 1, |row| row.due_at = Set(due_at))
        .await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let path = format!("/deliveries/{delivery}");
    let page = alice.page(&path).await;
    assert!(
        page.contains("Attempt 2 is made later") && page.contains("in 5 min"),
        "{page}"
    );
    let sent = alice.submit(&path, &format!("{path}/retry"), &[]).await;
    assert!(alice.follow(&sent).await.contains("It is sent again now"));
    assert_eq!(app.queue().await[0].due_at, app.clock.millis());
    app.finish().await;
}

#[tokio::test]
async fn the_command_that_reproduces_it_verifies_and_holds_no_secret() {
    let app = TestApp::silent().await;
    let (subscription, id) = delivered(&app).await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let path = format!("/deliveries/{id}");
    let shown = alice.submit(&path, &format!("{path}/curl"), &[]).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    let text = unescaped(&shown.text);
    assert!(text.contains("2026-01-05T09:05:00.000Z"), "{text}");
    assert!(text.contains(r#"-H 'x-token: '"$X_TOKEN""#), "{text}");
    assert!(
        !text.contains("of-the-receiver") && !text.contains("whsec_"),
        "{text}"
    );

    let headers = text.lines().filter_map(|line| {
        let line = line.trim().strip_prefix("-H '")?;
        let header = line.split_once('\'')?.0;
        verify::Headers::read_line(header)
    });
    let headers = verify::Headers::of_pairs(headers);
    let (_, body) = text.split_once("printf '%s' '").unwrap();
    let body = body.split_once("' | curl").unwrap().0.replace(r"'\''", "'");
    let row = Entity::find_by_id(subscription)
        .one(app.app.db.read())
        .await
        .unwrap()
        .unwrap();
    let secret = open_secret(
        &app.app.seal,
        subscription,
        SecretColumn::Current,
        &row.secret,
    );
    let secrets = Secrets::of(secret.unwrap().text().expose());
    let now = app.clock.now().timestamp();
    let judged = verify(&secrets, &headers, body.as_bytes(), now);
    assert_eq!(judged.checks.len(), 2);
    assert!(
        judged.checks.iter().all(|check| check.verified),
        "{judged:?}"
    );
    app.finish().await;
}

#[tokio::test]
async fn what_goes_nowhere_any_more_offers_nothing_and_is_refused_in_words() {
    let app = TestApp::silent().await;
    let id = app
        .subscription("alice", |row| row.deleted_at = Set(Some(1)))
        .await;
    let event = app.event_of("alice", None, "call.completed").await;
    let delivery = app.ended(id, &event, "timeout").await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let path = format!("/deliveries/{delivery}");
    let page = alice.page(&path).await;
    assert!(!page.contains(&format!("{path}/retry")) && !page.contains(&format!("{path}/curl")));
    let csrf = hidden(&page, "csrf");
    for act in ["retry", "curl"] {
        let refused = alice
            .send(&format!("{path}/{act}"), &[("csrf", &csrf)])
            .await;
        assert_eq!(refused.status, 409, "{act}");
        assert!(
            refused.text.contains("The subscription is deleted"),
            "{refused:?}"
        );
    }
    app.finish().await;
}

#[tokio::test]
async fn nobody_sees_or_sends_what_is_anothers() {
    let app = TestApp::silent().await;
    let id = app.subscription_of("bob").await;
    let event = app.event_of("bob", None, "call.completed").await;
    let delivery = app.ended(id, &event, "timeout").await;
    let mut alice = app.visitor(&app.user("alice").await).await;
    let csrf = hidden(&alice.page("/debugger").await, "csrf");
    let path = format!("/deliveries/{delivery}");
    assert_eq!(alice.open(&path).await.status, 404);
    assert_eq!(alice.open("/deliveries/nonsense").await.status, 404);
    for act in ["retry", "curl"] {
        let refused = alice
            .send(&format!("{path}/{act}"), &[("csrf", &csrf)])
            .await;
        assert_eq!(refused.status, 404, "{act}");
        assert_eq!(
            alice.send(&format!("{path}/{act}"), &[]).await.status,
            403,
            "{act}"
        );
    }
    assert!(app.queue().await.is_empty());
    app.finish().await;
}
