//! Secrets and headers are nowhere at rest as they are written.

use std::path::Path;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;

use super::{OTHER_SECRET, SECRET, URL, changed, rotate, subscribe};
use crate::support::{ADMIN_KEY, TestApp};

const TOKEN: &str = "a-token-of-the-receivers";

#[tokio::test]
async fn no_secret_and_no_header_is_in_clear_at_rest() {
    let app = TestApp::spawn().await;
    let wanted = json!({
        "webhook_url": URL, "secret_key": SECRET, "headers": {"authorization": TOKEN},
        "description": "found-in-clear",
    });
    let ask = app.post(super::SUBSCRIBE).by(ADMIN_KEY).json(&wanted);
    let made = ask.header("Idempotency-Key", "k1").await;
    let id = made.body["id"].as_str().unwrap();
    rotate(&app, ADMIN_KEY, id, &json!({ "secret_key": OTHER_SECRET })).await;
    changed(&app, ADMIN_KEY, id, &json!({"headers": {"x-key": TOKEN}})).await;
    subscribe(&app, ADMIN_KEY, &json!({ "webhook_url": URL })).await;

    let stored = everything_stored(&app).await;
    assert!(
        holds(&stored, "found-in-clear"),
        "the search finds what is there"
    );
    for secret in [SECRET, OTHER_SECRET, TOKEN] {
        assert!(
            !holds(&stored, secret) && !holds(&stored, &hex::encode(secret)),
            "{secret}"
        );
    }
    app.finish().await;
}

fn holds(stored: &[u8], text: &str) -> bool {
    stored
        .windows(text.len())
        .any(|some| some == text.as_bytes())
}

/// The database's files, or every row of every table as text.
async fn everything_stored(app: &TestApp) -> Vec<u8> {
    let db = app.app.db.read();
    if db.get_database_backend() == DbBackend::Sqlite {
        return files(app.data_dir());
    }
    let ask = async |sql: String| {
        let ask = Statement::from_string(DbBackend::Postgres, sql);
        db.query_all_raw(ask).await.unwrap()
    };
    let tables = "SELECT table_name::text AS name FROM information_schema.tables \
                  WHERE table_schema = current_schema()";
    let mut stored = Vec::new();
    for table in ask(tables.to_owned()).await {
        let name: String = table.try_get("", "name").unwrap();
        let rows = ask(format!("SELECT t::text AS row FROM \"{name}\" AS t")).await;
        for row in rows {
            stored.extend(row.try_get::<String>("", "row").unwrap().into_bytes());
        }
    }
    stored
}

fn files(folder: &Path) -> Vec<u8> {
    let mut stored = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => stored.extend(files(&path)),
            false => stored.extend(std::fs::read(path).unwrap()),
        }
    }
    stored
}
