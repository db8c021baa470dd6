//! What is changed holds from the next event on. The subscriptions are paused,
//! so that what they hear waits and can be looked at.

use entity::{SubscriptionId, delivery_queue};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use super::{URL, changed, path, subscribed};
use crate::support::TestApp;

/// A call of Alice's rings.
async fn a_call_rings(app: &TestApp, call: &str) {
    let call = json!({"id": call, "metadata": {"ownerId": "alice"}});
    let message =
        json!({"type": "status-update", "status": "ringing", "timestamp": 1, "call": call});
    let taken = app
        .post("/api/v1/vapi/webhook")
        .header("x-vapi-secret", "a-shared-secret")
        .json(&json!({ "message": message }))
        .await;
    assert_eq!(taken.status, 200, "{taken:?}");
}

async fn heard(app: &TestApp, id: &str) -> u64 {
    let id: SubscriptionId = id.parse().unwrap();
    let rows = delivery_queue::Entity::find().filter(delivery_queue::Column::SubscriptionId.eq(id));
    rows.count(app.app.db.read()).await.unwrap()
}

#[tokio::test]
async fn whoever_subscribes_hears_from_the_next_event_on() {
    let app = TestApp::spawn().await;
    let (alice, mallory) = (app.user("alice").await, app.user("mallory").await);
    a_call_rings(&app, "before").await;
    let (hers, his) = (
        subscribed(&app, &alice, URL).await,
        subscribed(&app, &mallory, URL).await,
    );
    for (token, id) in [(&alice, &hers), (&mallory, &his)] {
        changed(&app, token, id, &json!({"is_active": false})).await;
    }
    a_call_rings(&app, "after").await;
    assert_eq!((heard(&app, &hers).await, heard(&app, &his).await), (1, 0));

    changed(&app, &alice, &hers, &json!({"events": ["call.failed"]})).await;
    a_call_rings(&app, "not asked for").await;
    assert_eq!(heard(&app, &hers).await, 1);

    let north =
        json!({"events": ["call.status.changed"], "filter": {"metadata": {"team": "north"}}});
    changed(&app, &alice, &hers, &north).await;
    a_call_rings(&app, "of another team").await;
    assert_eq!(heard(&app, &hers).await, 1);

    changed(&app, &alice, &hers, &json!({"filter": null})).await;
    a_call_rings(&app, "of any team").await;
    assert_eq!(heard(&app, &hers).await, 2);
    app.finish().await;
}

#[tokio::test]
async fn what_is_deleted_hears_nothing_more() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let id = subscribed(&app, &alice, URL).await;
    app.delete(&path(&id)).by(&alice).await;
    a_call_rings(&app, "after").await;
    assert_eq!(heard(&app, &id).await, 0);
    app.finish().await;
}
