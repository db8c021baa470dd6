//! Whose subscription it is, and who may hear everybody's events.

use serde_json::{Value, json};

use super::{ALL, URL, patch, path, read, rotate, subscribe, subscribed};
use crate::support::{ADMIN_KEY, TestApp};

#[tokio::test]
async fn two_owners_may_have_the_same_address_and_an_admin_sees_both() {
    let app = TestApp::spawn().await;
    let (alice, mallory) = (app.user("alice").await, app.user("mallory").await);
    let wanted = json!({ "webhook_url": URL });
    let (hers, his) = (
        subscribe(&app, &alice, &wanted).await,
        subscribe(&app, &mallory, &wanted).await,
    );
    assert_eq!((hers.status, his.status), (201, 201));
    assert_ne!(hers.body["secret_key"], his.body["secret_key"]);
    let owners = async |token: &str| {
        let list = app.get(ALL).by(token).await;
        let all = list.body["subscriptions"].as_array().unwrap().clone();
        all.iter()
            .map(|one| one["owner"].clone())
            .collect::<Vec<Value>>()
    };
    assert_eq!(owners(&alice).await, ["alice"]);
    assert_eq!(owners(&mallory).await, ["mallory"]);
    assert_eq!(
        owners(ADMIN_KEY).await,
        ["mallory", "alice"],
        "the newest first"
    );

    let id = hers.body["id"].as_str().unwrap();
    app.get(&path(id))
        .by(&mallory)
        .await
        .assert_refused(404, "NOT_FOUND");
    patch(&app, &mallory, id, &json!({}))
        .await
        .assert_refused(404, "NOT_FOUND");
    rotate(&app, &mallory, id, &json!({}))
        .await
        .assert_refused(404, "NOT_FOUND");
    app.delete(&path(id))
        .by(&mallory)
        .await
        .assert_refused(404, "NOT_FOUND");
    assert_eq!(
        patch(&app, ADMIN_KEY, id, &json!({"description": "seen"}))
            .await
            .status,
        200
    );
    assert_eq!(read(&app, &alice, id).await["description"], "seen");
    app.finish().await;
}

#[tokio::test]
async fn only_an_admins_hears_everybodys_events() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let wanted = json!({"webhook_url": URL, "scope": "all"});
    subscribe(&app, &alice, &wanted)
        .await
        .assert_refused(403, "FORBIDDEN");
    let id = subscribed(&app, &alice, URL).await;
    subscribe(&app, &alice, &wanted)
        .await
        .assert_refused(403, "FORBIDDEN");
    patch(&app, &alice, &id, &json!({"scope": "all"}))
        .await
        .assert_refused(403, "FORBIDDEN");
    assert_eq!(read(&app, &alice, &id).await["scope"], "own");
    assert_eq!(
        subscribe(&app, ADMIN_KEY, &wanted).await.body["scope"],
        "all"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_user_cannot_turn_an_admins_wide_ear_to_itself() {
    let app = TestApp::spawn().await;
    let (admin, user) = (app.key_of("admin", "acme").await, app.user("acme").await);
    let wide = subscribe(&app, &admin, &json!({"webhook_url": URL, "scope": "all"})).await;
    let id = wide.body["id"].as_str().unwrap();
    let again = subscribe(&app, &user, &json!({ "webhook_url": URL })).await;
    again.assert_refused(403, "FORBIDDEN");
    assert!(!again.text.contains("whsec_"), "{again:?}");
    for change in [
        json!({"webhook_url": "https://example.com/mine"}),
        json!({"scope": "own"}),
    ] {
        patch(&app, &user, id, &change)
            .await
            .assert_refused(403, "FORBIDDEN");
    }
    rotate(&app, &user, id, &json!({}))
        .await
        .assert_refused(403, "FORBIDDEN");
    app.delete(&path(id))
        .by(&user)
        .await
        .assert_refused(403, "FORBIDDEN");
    assert_eq!(read(&app, &admin, id).await["webhook_url"], URL);
    app.finish().await;
}
