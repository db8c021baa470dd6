//! `/api/v1/tools`.

use entity::tools;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::SECRET;
use crate::support::{ADMIN_KEY, Answer, TestApp};

fn wanted() -> Value {
    json!({
        "name": "lookup_order",
        "url": "https://example.com/tools",
        "timeout_ms": 2500,
        "parameters": {"type": "object", "properties": {"order": {"type": "string"}}},
    })
}

/// What is wanted, but for this.
fn but(field: &str, value: Value) -> Value {
    let mut wanted = wanted();
    wanted[field] = value;
    wanted
}

async fn post(app: &TestApp, token: &str, wanted: &Value) -> Answer {
    app.post("/api/v1/tools").by(token).json(wanted).await
}

#[tokio::test]
async fn a_tool_is_registered_listed_read_and_deleted() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let made = post(&app, &alice, &wanted()).await;
    assert_eq!((made.status, &made.body["success"]), (201, &json!(true)));
    let tool = &made.body["tool"];
    for field in ["name", "url", "timeout_ms", "parameters"] {
        assert_eq!(tool[field], wanted()[field], "{field}");
    }
    assert_eq!(tool["created_at"], "2026-01-05T09:00:00.000Z");
    assert_eq!(
        (&tool["owner"], &tool["scope"]),
        (&json!("alice"), &json!("own"))
    );

    let path = format!("/api/v1/tools/{}", tool["id"].as_str().unwrap());
    let read = app.get(&path).by(&alice).await;
    assert_eq!((read.status, &read.body["tool"]), (200, tool));
    let list = app.get("/api/v1/tools").by(&alice).await;
    assert_eq!(
        (&list.body["tools"], &list.body["next_cursor"]),
        (&json!([tool]), &Value::Null)
    );
    assert_eq!(app.delete(&path).by(&alice).await.status, 200);
    app.get(&path)
        .by(&alice)
        .await
        .assert_refused(404, "NOT_FOUND");
    app.delete(&path)
        .by(&alice)
        .await
        .assert_refused(404, "NOT_FOUND");
    app.finish().await;
}

#[tokio::test]
async fn its_secret_is_shown_once_and_kept_sealed() {
    let app = TestApp::spawn().await;
    let made = post(&app, ADMIN_KEY, &wanted()).await;
    let secret = made.body["secret_key"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"));
    assert_eq!(made.body["tool"]["scope"], "all");
    let path = format!(
        "/api/v1/tools/{}",
        made.body["tool"]["id"].as_str().unwrap()
    );
    assert!(!app.get(&path).by(ADMIN_KEY).await.text.contains("whsec_"));
    let row = tools::Entity::find()
        .one(app.app.db.read())
        .await
        .unwrap()
        .unwrap();
    assert!(
        !row.secret
            .0
            .windows(20)
            .any(|bytes| bytes == &secret.as_bytes()[..20])
    );

    let own = json!({"name": "b", "url": "https://example.com", "secret_key": SECRET});
    let made = post(&app, ADMIN_KEY, &own).await;
    assert_eq!(made.body["secret_key"], SECRET);
    assert_eq!(made.body["tool"]["timeout_ms"], 5000);
    assert_eq!(made.body["tool"]["parameters"], json!({}));
    app.finish().await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_its_field() {
    let app = TestApp::spawn().await;
    let long = "a".repeat(65);
    let cases = [
        ("name", json!("")),
        ("name", json!(long)),
        ("name", json!("look up")),
        ("name", json!("büro")),
        ("url", json!("example.com")),
        ("url", json!("http://169.254.169.254/latest")),
        ("url", json!("https://0xa9fea9fe/")),
        ("url", json!("ftp://example.com")),
        ("timeout_ms", json!(99)),
        ("timeout_ms", json!(20_001)),
        ("timeout_ms", json!("5000")),
        ("parameters", json!([])),
        ("parameters", json!({"text": "a".repeat(64 << 10)})),
        ("secret_key", json!("secret")),
        ("secret_key", json!("whsec_c2hvcnQ=")),
        ("colour", json!("red")),
    ];
    for (field, value) in cases {
        let refused = post(&app, ADMIN_KEY, &but(field, value)).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], field, "{refused:?}");
    }
    let all = json!({"name": "", "url": "", "timeout_ms": 0, "parameters": {}, "secret_key": ""});
    let refused = post(&app, ADMIN_KEY, &all).await;
    assert_eq!(
        refused.body["details"].as_array().unwrap().len(),
        4,
        "{refused:?}"
    );
    app.finish().await;
}

#[tokio::test]
async fn private_addresses_are_refused_where_none_are_allowed() {
    let app = TestApp::with(&[("RINGBACK_ALLOW_NETWORKS", "none")]).await;
    for url in [
        "https://127.0.0.1/",
        "https://localhost:8443/",
        "https://[::1]/",
        "https://10.1/",
    ] {
        let refused = post(&app, ADMIN_KEY, &but("url", json!(url))).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], "url", "{url}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_name_is_taken_once_by_each_owner() {
    let app = TestApp::spawn().await;
    let (alice, mallory) = (app.user("alice").await, app.user("mallory").await);
    let first = post(&app, &alice, &wanted()).await;
    let again = post(&app, &alice, &wanted()).await;
    again.assert_refused(409, "CONFLICT");
    assert!(
        again.body["message"]
            .as_str()
            .unwrap()
            .contains("lookup_order")
    );
    assert_eq!(post(&app, &mallory, &wanted()).await.status, 201);
    let id = first.body["tool"]["id"].as_str().unwrap();
    assert_eq!(
        app.delete(&format!("/api/v1/tools/{id}"))
            .by(&alice)
            .await
            .status,
        200
    );
    assert_eq!(post(&app, &alice, &wanted()).await.status, 201);
    app.finish().await;
}

#[tokio::test]
async fn a_repeated_registration_gets_the_first_answer() {
    let app = TestApp::spawn().await;
    let post = || {
        let post = app.post("/api/v1/tools").by(ADMIN_KEY);
        post.header("Idempotency-Key", "k1").json(&wanted())
    };
    let (first, second) = (post().await, post().await);
    assert_eq!((first.status, &first.text), (201, &second.text));
    assert_eq!(second.header("idempotent-replayed"), "true");
    app.finish().await;
}

#[tokio::test]
async fn an_owner_has_a_hundred_tools_at_most() {
    let app = TestApp::spawn().await;
    for n in 0..100 {
        let made = post(&app, ADMIN_KEY, &but("name", json!(format!("tool_{n}")))).await;
        assert_eq!(made.status, 201, "{made:?}");
    }
    let refused = post(&app, ADMIN_KEY, &wanted()).await;
    refused.assert_refused(409, "CONFLICT");
    let alice = app.user("alice").await;
    assert_eq!(post(&app, &alice, &wanted()).await.status, 201);
    app.finish().await;
}
