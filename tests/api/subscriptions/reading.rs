//! Lists a page at a time, and how much waits.

use entity::{DeliveryId, EventId, SubscriptionId, delivery_queue};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ALL, URL, changed, path, read, subscribed};
use crate::support::{ADMIN_KEY, TestApp};

#[tokio::test]
async fn a_list_is_read_page_by_page_newest_first() {
    let app = TestApp::spawn().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(subscribed(&app, ADMIN_KEY, &format!("{URL}/{n}")).await);
    }
    ids.reverse();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app
            .get(&format!("{ALL}?limit=2{cursor}"))
            .by(ADMIN_KEY)
            .await;
        let subscriptions = page.body["subscriptions"].as_array().unwrap().clone();
        seen.extend(
            subscriptions
                .iter()
                .map(|one| one["id"].as_str().unwrap().to_owned()),
        );
        match &page.body["next_cursor"] {
            Value::Null => break,
            next => cursor = format!("&cursor={}", next.as_str().unwrap()),
        }
    }
    assert_eq!(seen, ids);
    for query in ["limit=0", "limit=101", "cursor=x", "state=paused"] {
        let refused = app.get(&format!("{ALL}?{query}")).by(ADMIN_KEY).await;
        refused.assert_refused(400, "INVALID_REQUEST");
    }
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_id_is_the_id_of_nothing() {
    let app = TestApp::spawn().await;
    for id in [
        "x",
        "sub_x",
        "key_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60",
        "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60",
    ] {
        app.get(&path(id))
            .by(ADMIN_KEY)
            .await
            .assert_refused(404, "NOT_FOUND");
    }
    app.finish().await;
}

#[tokio::test]
async fn one_and_the_list_show_the_same() {
    let app = TestApp::spawn().await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    let list = app.get(ALL).by(ADMIN_KEY).await;
    assert_eq!(
        list.body["subscriptions"],
        json!([read(&app, ADMIN_KEY, &id).await])
    );
    app.finish().await;
}

#[tokio::test]
async fn what_waits_is_counted_as_far_as_it_is_cheap() {
    let app = TestApp::spawn().await;
    let (id, other) = (
        subscribed(&app, ADMIN_KEY, URL).await,
        subscribed(&app, ADMIN_KEY, "https://example.com/other").await,
    );
    for id in [&id, &other] {
        changed(&app, ADMIN_KEY, id, &json!({"is_active": false})).await;
    }
    queue(&app, &id, 0, 9_000).await;
    queue(&app, &id, 1, 999).await;
    queue(&app, &other, 3, 2).await;
    let waiting = async |id: &str| {
        let shown = read(&app, ADMIN_KEY, id).await;
        (
            shown["waiting"].as_u64().unwrap(),
            shown["waiting_is_capped"].as_bool().unwrap(),
        )
    };
    assert_eq!(waiting(&id).await, (9_999, false));
    assert_eq!(waiting(&other).await, (2, false));
    queue(&app, &id, 1, 500).await;
    assert_eq!(waiting(&id).await, (10_000, true));
    app.finish().await;
}

/// So many deliveries that were tried so often.
async fn queue(app: &TestApp, id: &str, attempt: i16, count: usize) {
    let (subscription_id, at): (SubscriptionId, _) = (id.parse().unwrap(), app.app.clock.millis());
    let row = |position: usize| delivery_queue::Model {
        id: DeliveryId::from_uuid(Uuid::now_v7()),
        subscription_id,
        event_id: EventId::from_uuid(Uuid::now_v7()),
        call_id: None,
        position: position as i64,
        attempt,
        due_at: at,
        replay: false,
        created_at: at,
        steps: 0,
        asked_to_wait: false,
    };
    let rows: Vec<_> = (0..count)
        .map(|n| delivery_queue::ActiveModel::from(row(n)))
        .collect();
    let insert = app.app.db.write(|tx| async move {
        for some in rows.chunks(1_000) {
            let rows = delivery_queue::Entity::insert_many(some.iter().cloned());
            rows.exec_without_returning(&*tx).await?;
        }
        Ok(())
    });
    insert.await.unwrap();
}
