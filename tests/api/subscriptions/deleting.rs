//! Deleting: gone at once for everybody, and its address free again.

use serde_json::json;

use super::{ALL, URL, lane, patch, path, rotate, row, subscribe, subscribed};
use crate::support::{ADMIN_KEY, TestApp};

#[tokio::test]
async fn what_is_deleted_is_found_nowhere() {
    let app = TestApp::spawn().await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    let deleted = app.delete(&path(&id)).by(ADMIN_KEY).await;
    assert_eq!(deleted.status, 200, "{deleted:?}");
    assert_eq!(deleted.body["success"], true);
    assert_eq!(deleted.body["subscription_id"], id);

    app.get(&path(&id))
        .by(ADMIN_KEY)
        .await
        .assert_refused(404, "NOT_FOUND");
    app.delete(&path(&id))
        .by(ADMIN_KEY)
        .await
        .assert_refused(404, "NOT_FOUND");
    patch(&app, ADMIN_KEY, &id, &json!({"is_active": true}))
        .await
        .assert_refused(404, "NOT_FOUND");
    rotate(&app, ADMIN_KEY, &id, &json!({}))
        .await
        .assert_refused(404, "NOT_FOUND");
    assert_eq!(
        app.get(ALL).by(ADMIN_KEY).await.body["subscriptions"],
        json!([])
    );
    app.finish().await;
}

#[tokio::test]
async fn its_row_stays_for_the_log_without_the_tokens_of_others() {
    let app = TestApp::spawn().await;
    let wanted = json!({"webhook_url": URL, "headers": {"authorization": "Bearer x"}});
    let made = subscribe(&app, ADMIN_KEY, &wanted).await;
    let id = made.body["id"].as_str().unwrap();
    rotate(&app, ADMIN_KEY, id, &json!({})).await;
    app.delete(&path(id)).by(ADMIN_KEY).await;
    let row = row(&app, id).await;
    assert_eq!(row.deleted_at, Some(app.app.clock.millis()));
    assert_eq!(
        (row.headers, row.previous_secret, row.previous_until),
        (None, None, None)
    );
    // Whatever waited is dropped, after which the lane goes.
    let lane = lane(&app, id).await;
    assert!(lane.is_none_or(|lane| lane.drop_before == Some(i64::MAX)));
    app.finish().await;
}

#[tokio::test]
async fn its_address_is_free_for_a_new_one_with_a_new_secret() {
    let app = TestApp::spawn().await;
    let wanted = json!({ "webhook_url": URL });
    let first = subscribe(&app, ADMIN_KEY, &wanted).await;
    app.delete(&path(first.body["id"].as_str().unwrap()))
        .by(ADMIN_KEY)
        .await;
    let second = subscribe(&app, ADMIN_KEY, &wanted).await;
    assert_eq!(second.status, 201, "{second:?}");
    assert_ne!(second.body["id"], first.body["id"]);
    assert_ne!(second.body["secret_key"], first.body["secret_key"]);
    app.delete(&path(second.body["id"].as_str().unwrap()))
        .by(ADMIN_KEY)
        .await;
    assert_eq!(subscribe(&app, ADMIN_KEY, &wanted).await.status, 201);
    app.finish().await;
}
