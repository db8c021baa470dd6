//! What cannot be is refused by its field, here and at a change alike.

use entity::{SubscriptionId, subscriptions};
use sea_orm::{ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{URL, assert_wrong, patch, read, row, subscribe, subscribed};
use crate::support::{ADMIN_KEY, TestApp};

/// Each field with values that it cannot have, and the path that is named.
fn wrong_values() -> Vec<(&'static str, Value, &'static str)> {
    let names: Vec<_> = vec!["call.failed"; 101];
    vec![
        ("webhook_url", json!("example.com"), "webhook_url"),
        ("webhook_url", json!("ftp://example.com"), "webhook_url"),
        (
            "webhook_url",
            json!("https://user:pw@example.com"),
            "webhook_url",
        ),
        (
            "webhook_url",
            json!("http://169.254.169.254/latest"),
            "webhook_url",
        ),
        ("webhook_url", json!("https://0xa9fea9fe/"), "webhook_url"),
        (
            "webhook_url",
            json!("https://example.com/a b"),
            "webhook_url",
        ),
        ("webhook_url", json!(7), "webhook_url"),
        ("webhook_url", Value::Null, "webhook_url"),
        ("events", json!([]), "events"),
        ("events", json!("call.failed"), "events"),
        ("events", Value::Null, "events"),
        ("events", json!(["call.failed", "call.fell"]), "events[1]"),
        ("events", json!(["call.failed", 7]), "events[1]"),
        ("events", json!(names), "events"),
        ("description", json!("x".repeat(501)), "description"),
        ("description", json!("nul \u{0}"), "description"),
        ("description", json!(7), "description"),
        ("ordering", json!("global"), "ordering"),
        ("max_in_flight", json!(0), "max_in_flight"),
        ("max_in_flight", json!(101), "max_in_flight"),
        ("max_in_flight", json!(-1), "max_in_flight"),
        ("max_in_flight", Value::Null, "max_in_flight"),
        ("rate_per_second", json!(0), "rate_per_second"),
        ("rate_per_second", json!(1001), "rate_per_second"),
        ("rate_per_second", json!(0.5), "rate_per_second"),
        ("scope", json!("some"), "scope"),
        ("colour", json!("red"), "colour"),
    ]
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_its_field() {
    let app = TestApp::spawn().await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    let before = row(&app, &id).await;
    for (field, value, path) in wrong_values() {
        let mut wanted = json!({"webhook_url": "https://example.com/other"});
        wanted[field] = value.clone();
        assert_wrong(&subscribe(&app, ADMIN_KEY, &wanted).await, path);
        assert_wrong(
            &patch(&app, ADMIN_KEY, &id, &json!({field: value})).await,
            path,
        );
    }
    assert_eq!(row(&app, &id).await, before);
    app.finish().await;
}

#[tokio::test]
async fn whoever_misspells_an_event_is_told_all_there_are() {
    let app = TestApp::spawn().await;
    let wanted = json!({"webhook_url": URL, "events": ["call.fell", "call.failed", "call"]});
    let refused = subscribe(&app, ADMIN_KEY, &wanted).await;
    assert_wrong(&refused, "events[0]");
    assert_eq!(refused.body["details"][1]["path"], "events[2]");
    let message = refused.body["details"][0]["message"].as_str().unwrap();
    assert!(message.contains("campaign.completed"), "{message}");
    app.finish().await;
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let app = TestApp::spawn().await;
    let wanted = json!({
        "webhook_url": "", "events": [], "max_in_flight": 0, "rate_per_second": 0,
        "secret_key": "secret", "headers": {"Host": "x"}, "filter": {"outcome": "well"},
    });
    let refused = subscribe(&app, ADMIN_KEY, &wanted).await;
    refused.assert_refused(400, "INVALID_REQUEST");
    assert_eq!(
        refused.body["details"].as_array().unwrap().len(),
        7,
        "{refused:?}"
    );
    app.finish().await;
}

#[tokio::test]
async fn secrets_are_given_whole_or_not_at_all_and_not_by_a_change() {
    let app = TestApp::spawn().await;
    for secret in [
        "secret",
        "whsec_",
        "whsec_c2hvcnQ=",
        "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ] {
        let wanted = json!({"webhook_url": URL, "secret_key": secret});
        assert_wrong(&subscribe(&app, ADMIN_KEY, &wanted).await, "secret_key");
    }
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    for secret in [json!(super::SECRET), json!("secret"), Value::Null] {
        let refused = patch(&app, ADMIN_KEY, &id, &json!({ "secret_key": secret })).await;
        assert_wrong(&refused, "secret_key");
        assert!(refused.text.contains("rotate-secret"), "{refused:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn private_addresses_are_refused_where_none_are_allowed() {
    let app = TestApp::with(&[("RINGBACK_ALLOW_NETWORKS", "none")]).await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    for url in [
        "https://127.0.0.1/",
        "https://localhost:8443/",
        "https://[::1]/",
        "https://10.1/",
    ] {
        let wanted = json!({ "webhook_url": url });
        assert_wrong(&subscribe(&app, ADMIN_KEY, &wanted).await, "webhook_url");
        assert_wrong(&patch(&app, ADMIN_KEY, &id, &wanted).await, "webhook_url");
    }
    app.finish().await;
}

#[tokio::test]
async fn an_owner_has_ten_thousand_subscriptions_at_most() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let id = subscribed(&app, &alice, URL).await;
    let like = row(&app, &id).await;
    let more = (1..10_000).map(|n| {
        let mut row = like.clone().into_active_model();
        row.id = Set(SubscriptionId::from_uuid(Uuid::now_v7()));
        row.url = Set(format!("https://example.com/{n}"));
        row
    });
    let more: Vec<_> = more.collect();
    let insert = app.app.db.write(|tx| async move {
        for some in more.chunks(1_000) {
            let rows = subscriptions::Entity::insert_many(some.iter().cloned());
            rows.exec_without_returning(&*tx).await?;
        }
        Ok(())
    });
    insert.await.unwrap();
    let another = json!({"webhook_url": "https://example.com/another"});
    let refused = subscribe(&app, &alice, &another).await;
    refused.assert_refused(409, "CONFLICT");
    assert_eq!(
        subscribe(&app, &alice, &json!({ "webhook_url": URL }))
            .await
            .status,
        200
    );
    assert_eq!(subscribe(&app, ADMIN_KEY, &another).await.status, 201);
    assert_eq!(read(&app, &alice, &id).await["webhook_url"], URL);
    app.finish().await;
}
