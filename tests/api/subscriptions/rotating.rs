//! A new secret, and how long the one before signs as well.

use std::time::Duration;

use ringback::subscriptions::SigningSecret;
use serde_json::{Value, json};

use super::{OTHER_SECRET, SECRET, URL, assert_wrong, path, read, rotate, row, secrets, subscribe};
use crate::support::{ADMIN_KEY, TestApp};

async fn with_secret(app: &TestApp) -> String {
    let wanted = json!({"webhook_url": URL, "secret_key": SECRET});
    let made = subscribe(app, ADMIN_KEY, &wanted).await;
    made.body["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn for_a_day_the_secret_before_signs_as_well() {
    let app = TestApp::spawn().await;
    let id = with_secret(&app).await;
    let rotated = rotate(&app, ADMIN_KEY, &id, &json!({})).await;
    assert_eq!(rotated.status, 200, "{rotated:?}");
    let new = rotated.body["secret_key"].as_str().unwrap();
    SigningSecret::parse(new).unwrap();
    assert_ne!(new, SECRET);
    assert_eq!(rotated.body["subscription_id"], id);
    assert_eq!(
        rotated.body["previous_valid_until"],
        "2026-01-06T09:00:00.000Z"
    );
    let message = rotated.body["message"].as_str().unwrap();
    assert!(message.contains("must switch now"), "{message}");

    let row = row(&app, &id).await;
    assert_eq!(
        secrets(&app, &row),
        (new.to_owned(), Some(SECRET.to_owned()))
    );
    let shown = read(&app, ADMIN_KEY, &id).await;
    assert_eq!(shown["previous_secret_until"], "2026-01-06T09:00:00.000Z");
    assert!(new.ends_with(shown["secret_hint"].as_str().unwrap()));
    app.advance(Duration::from_secs(86_400));
    assert_eq!(
        read(&app, ADMIN_KEY, &id).await["previous_secret_until"],
        Value::Null
    );

    let again = subscribe(&app, ADMIN_KEY, &json!({ "webhook_url": URL })).await;
    assert_eq!(
        again.body["secret_key"], new,
        "who subscribes again gets the new one"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_secret_that_leaked_signs_no_more_at_once() {
    let app = TestApp::spawn().await;
    let id = with_secret(&app).await;
    rotate(&app, ADMIN_KEY, &id, &json!({})).await;
    let wanted = json!({"overlap_seconds": 0, "secret_key": OTHER_SECRET});
    let rotated = rotate(&app, ADMIN_KEY, &id, &wanted).await;
    assert_eq!(rotated.body["secret_key"], OTHER_SECRET);
    assert_eq!(rotated.body["previous_valid_until"], Value::Null);
    let row = row(&app, &id).await;
    assert_eq!(secrets(&app, &row), (OTHER_SECRET.to_owned(), None));
    assert_eq!(row.previous_until, None);
    app.finish().await;
}

#[tokio::test]
async fn a_second_rotation_lets_go_of_the_oldest() {
    let app = TestApp::spawn().await;
    let id = with_secret(&app).await;
    let first = rotate(&app, ADMIN_KEY, &id, &json!({})).await;
    let first = first.body["secret_key"].as_str().unwrap().to_owned();
    app.advance(Duration::from_secs(60));
    let wanted = json!({"overlap_seconds": 2_592_000});
    let second = rotate(&app, ADMIN_KEY, &id, &wanted).await;
    assert_eq!(
        second.body["previous_valid_until"],
        "2026-02-04T09:01:00.000Z"
    );
    let (_, previous) = secrets(&app, &row(&app, &id).await);
    assert_eq!(previous, Some(first));
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_rotation_is_refused_and_changes_nothing() {
    let app = TestApp::spawn().await;
    let id = with_secret(&app).await;
    let before = row(&app, &id).await;
    for (wanted, path) in [
        (json!({"overlap_seconds": 2_592_001}), "overlap_seconds"),
        (json!({"overlap_seconds": -1}), "overlap_seconds"),
        (json!({"overlap_seconds": null}), "overlap_seconds"),
        (json!({"secret_key": "secret"}), "secret_key"),
        (json!({ "secret_key": SECRET }), "secret_key"),
        (json!({"overlap": 5}), "overlap"),
    ] {
        assert_wrong(&rotate(&app, ADMIN_KEY, &id, &wanted).await, path);
    }
    assert_eq!(row(&app, &id).await, before);
    app.finish().await;
}

#[tokio::test]
async fn a_repeated_rotation_rotates_once() {
    let app = TestApp::spawn().await;
    let id = with_secret(&app).await;
    let ask = || {
        let ask = app
            .post(&format!("{}/rotate-secret", path(&id)))
            .by(ADMIN_KEY);
        ask.header("Idempotency-Key", "k1").json(&json!({}))
    };
    let (first, second) = (ask().await, ask().await);
    assert_eq!(first.text, second.text);
    let (current, previous) = secrets(&app, &row(&app, &id).await);
    assert_eq!(current, second.body["secret_key"].as_str().unwrap());
    assert_eq!(previous.as_deref(), Some(SECRET));
    app.finish().await;
}
