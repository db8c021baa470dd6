//! Events are told in the order of the log, whoever commits late.

use entity::EventId;
use ringback::events::{Kind, Payload, Told as ToBeTold};
use sea_orm::{ActiveModelTrait, ConnectOptions, Database, DatabaseTransaction, TransactionTrait};
use serde_json::Map;
use uuid::Uuid;

use super::*;

pub(super) async fn begin(app: &TestApp) -> DatabaseTransaction {
    let mut options = ConnectOptions::new(app.database_url());
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await.unwrap();
    connection.begin().await.unwrap()
}

/// Draws a place in the log, and does not commit yet.
pub(super) async fn tell(app: &TestApp, tx: &DatabaseTransaction) -> String {
    let payload = Payload {
        id: EventId::from_uuid(Uuid::now_v7()),
        kind: Kind::CampaignProgress,
        call: None,
        timestamp: app.clock.millis(),
        data: Map::new(),
    };
    let told = ToBeTold::without_call(payload, Some("alice".to_owned()));
    let id = told.id.to_string();
    told.row(&app.app.seal).insert(tx).await.unwrap();
    id
}

#[tokio::test]
async fn an_event_that_commits_late_is_neither_skipped_nor_overtaken() {
    let app = TestApp::spawn().await;
    if app.app.db.is_postgres() {
        let alice = app.user("alice").await;
        let mut stream = listen(&app, &alice, "").await;
        let late = begin(&app).await;
        let first = tell(&app, &late).await;
        vapi::says(&app, status("v1", "alice", "ringing")).await;
        vapi::says(&app, status("v1", "alice", "in-progress")).await;
        late.commit().await.unwrap();
        assert_eq!(stream.told().await.id, first);
        let changed = ("call.status.changed", "v1");
        assert_eq!(told(&mut stream, 2).await, pairs(&[changed, changed]));
        drop(stream);
        // The same for who reads the log from there.
        let mut stream = listen_again(&app, &alice, &first).await;
        assert_eq!(told(&mut stream, 2).await, pairs(&[changed, changed]));
    }
    app.finish().await;
}

#[tokio::test]
async fn a_transaction_that_fails_holds_nobody_up() {
    let app = TestApp::spawn().await;
    if app.app.db.is_postgres() {
        let mut stream = listen(&app, ADMIN_KEY, "").await;
        let failing = begin(&app).await;
        tell(&app, &failing).await;
        vapi::says(&app, status("v1", "alice", "ringing")).await;
        failing.rollback().await.unwrap();
        assert_eq!(told(&mut stream, 1).await[0].1, "v1");
    }
    app.finish().await;
}
