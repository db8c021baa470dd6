//! API keys over HTTP: made, shown once, listed, revoked.

use std::time::Duration;

use actix_web::http::header::HeaderValue;
use ringback::auth::api_key;
use serde_json::{Value, json};

use super::access;
use crate::support::{ADMIN_KEY, Answer, TestApp};

const KEYS: &str = "/api/v1/keys";
/// What the contract promises.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);

async fn create(app: &TestApp, name: &str, role: &str, owner: &str) -> Value {
    let body = json!({ "name": name, "role": role, "owner": owner });
    let made = app.post(KEYS).by(ADMIN_KEY).json(&body).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.body
}

fn text<'a>(body: &'a Value, field: &str) -> &'a str {
    body[field].as_str().unwrap()
}

/// The list is for admins: a user who is let in is told so.
async fn is_let_in(app: &TestApp, key: &str) -> bool {
    let answer = app.get(KEYS).by(key).await;
    assert!([403, 401].contains(&answer.status), "{answer:?}");
    answer.status == 403
}

fn paths(refusal: &Answer) -> Vec<&str> {
    refusal.body["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|detail| text(detail, "path"))
        .collect()
}

#[actix_web::test]
async fn a_key_is_made_and_shown_once() {
    let app = TestApp::spawn().await;
    let made = create(&app, "billing", "user", "acme").await;
    let (id, key) = (text(&made, "key_id"), text(&made, "key"));
    assert!(
        id.starts_with("key_") && key.starts_with("rbk_") && key.len() == 47,
        "{made}"
    );
    let read = app.get(&format!("{KEYS}/{id}")).by(ADMIN_KEY).await;
    let expected = json!({
        "success": true,
        "key": {
            "id": id, "name": "billing", "role": "user", "owner": "acme", "hint": key[43..],
            "created_at": "2026-01-05T09:00:00.000Z", "revoked_at": null,
        },
    });
    assert_eq!((read.status, &read.body), (200, &expected));
    let list = app.get(KEYS).by(ADMIN_KEY).await;
    assert_eq!(
        list.body,
        json!({ "success": true, "keys": [expected["key"]], "next_cursor": null })
    );
    assert!(!read.text.contains(key) && !list.text.contains(key));
    app.finish().await;
}

#[actix_web::test]
async fn a_key_is_stored_as_its_digest_alone() {
    let app = TestApp::spawn().await;
    let made = create(&app, "billing", "user", "acme").await;
    let id = text(&made, "key_id").parse().unwrap();
    let row = api_key::find(app.app.db.read(), id).await.unwrap().unwrap();
    assert_eq!(row.digest.len(), 32);
    assert!(!format!("{row:?}").contains(&text(&made, "key")[4..40]));
    app.finish().await;
}

#[actix_web::test]
async fn a_role_is_what_its_key_opens() {
    let app = TestApp::spawn().await;
    let (user, admin) = (
        app.key_of("user", "acme").await,
        app.key_of("admin", "acme").await,
    );
    app.get(KEYS)
        .by(&user)
        .await
        .assert_refused(403, "FORBIDDEN");
    app.post(KEYS)
        .by(&user)
        .json(&json!({}))
        .await
        .assert_refused(403, "FORBIDDEN");
    app.delete(&format!("{KEYS}/key_x"))
        .by(&user)
        .await
        .assert_refused(403, "FORBIDDEN");
    assert_eq!(app.get(KEYS).by(&admin).await.status, 200);
    app.finish().await;
}

#[actix_web::test]
async fn a_revoked_key_is_refused_within_five_seconds_on_every_replica() {
    let app = TestApp::spawn().await;
    let other = access(&app);
    let made = create(&app, "billing", "user", "acme").await;
    let (id, key) = (text(&made, "key_id"), text(&made, "key"));
    let header = HeaderValue::from_str(&format!("Bearer {key}")).unwrap();
    assert!(is_let_in(&app, key).await);
    assert_eq!(
        other.authenticate([&header]).await.unwrap().principal(),
        "user:acme"
    );
    let revoked = app.delete(&format!("{KEYS}/{id}")).by(ADMIN_KEY).await;
    assert_eq!(
        (revoked.status, &revoked.body["success"]),
        (200, &json!(true))
    );
    app.advance(REVOKED_WITHIN);
    assert!(!is_let_in(&app, key).await);
    assert!(other.authenticate([&header]).await.is_err());
    let read = app.get(&format!("{KEYS}/{id}")).by(ADMIN_KEY).await;
    assert_eq!(read.body["key"]["revoked_at"], "2026-01-05T09:00:00.000Z");
    app.finish().await;
}

#[actix_web::test]
async fn a_key_that_somebody_else_revoked_in_the_database_is_refused_too() {
    let app = TestApp::spawn().await;
    let made = create(&app, "billing", "user", "acme").await;
    let key = text(&made, "key");
    assert!(is_let_in(&app, key).await);
    let (id, clock) = (text(&made, "key_id").parse().unwrap(), app.clock.clone());
    let by_command_line = app
        .app
        .db
        .write(move |tx| async move { api_key::revoke(&*tx, &clock, id).await });
    assert!(by_command_line.await.unwrap());
    app.advance(REVOKED_WITHIN);
    assert!(!is_let_in(&app, key).await);
    app.finish().await;
}

#[actix_web::test]
async fn a_key_is_revoked_once() {
    let app = TestApp::spawn().await;
    let made = create(&app, "billing", "user", "acme").await;
    let path = format!("{KEYS}/{}", text(&made, "key_id"));
    assert_eq!(app.delete(&path).by(ADMIN_KEY).await.status, 200);
    app.delete(&path)
        .by(ADMIN_KEY)
        .await
        .assert_refused(404, "NOT_FOUND");
    for unknown in [
        "key_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60",
        "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60",
        "key_",
        "x",
    ] {
        let path = format!("{KEYS}/{unknown}");
        app.delete(&path)
            .by(ADMIN_KEY)
            .await
            .assert_refused(404, "NOT_FOUND");
        app.get(&path)
            .by(ADMIN_KEY)
            .await
            .assert_refused(404, "NOT_FOUND");
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_wrong_field_is_named_and_nothing_is_made() {
    let app = TestApp::spawn().await;
    let wrong = [
        (
            json!({ "name": "", "role": "user", "owner": "acme" }),
            vec!["name"],
        ),
        (
            json!({ "name": "a".repeat(101), "role": "user", "owner": "o".repeat(129) }),
            vec!["name", "owner"],
        ),
        (
            json!({ "name": "a\u{7}b", "role": "user", "owner": " " }),
            vec!["name", "owner"],
        ),
        (
            json!({ "name": "n", "role": "root", "owner": "acme" }),
            vec!["role"],
        ),
        (
            json!({ "name": 7, "role": "user", "owner": "acme" }),
            vec!["name"],
        ),
        (
            json!({ "name": "n", "role": "user", "owner": "acme", "digest": "x" }),
            vec!["digest"],
        ),
    ];
    for (body, expected) in wrong {
        let refusal = app.post(KEYS).by(ADMIN_KEY).json(&body).await;
        refusal.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(paths(&refusal), expected, "{body}");
    }
    assert_eq!(app.get(KEYS).by(ADMIN_KEY).await.body["keys"], json!([]));
    app.finish().await;
}

#[actix_web::test]
async fn the_same_request_with_the_same_idempotency_key_makes_one_key() {
    let app = TestApp::spawn().await;
    let body = json!({ "name": "billing", "role": "user", "owner": "acme" });
    let ask = || {
        app.post(KEYS)
            .by(ADMIN_KEY)
            .header("idempotency-key", "once")
            .json(&body)
    };
    let (first, second) = (ask().await, ask().await);
    assert_eq!((second.status, &second.body), (201, &first.body));
    let list = app.get(KEYS).by(ADMIN_KEY).await;
    assert_eq!(list.body["keys"].as_array().unwrap().len(), 1);
    app.finish().await;
}

#[actix_web::test]
async fn a_list_is_read_page_by_page_newest_first() {
    let app = TestApp::spawn().await;
    for name in ["a", "b", "c"] {
        create(&app, name, "user", "acme").await;
    }
    let first = app.get(&format!("{KEYS}?limit=2")).by(ADMIN_KEY).await.body;
    let names = |page: &Value| {
        page["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| text(key, "name").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&first), ["c", "b"]);
    let cursor = text(&first, "next_cursor");
    let second = app
        .get(&format!("{KEYS}?limit=2&cursor={cursor}"))
        .by(ADMIN_KEY)
        .await
        .body;
    assert_eq!(names(&second), ["a"]);
    assert_eq!(second["next_cursor"], Value::Null);
    for query in ["limit=0", "limit=101", "limit=x", "cursor=x", "owner=acme"] {
        app.get(&format!("{KEYS}?{query}"))
            .by(ADMIN_KEY)
            .await
            .assert_refused(400, "INVALID_REQUEST");
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_key_that_is_not_one_is_refused() {
    let app = TestApp::spawn().await;
    let good = app.user("acme").await;
    let unknown = format!("rbk_{}", "A".repeat(43));
    let wrong = [
        "rbk_".to_owned(),
        unknown,
        good[..46].to_owned(),
        good.clone() + "A",
        good.to_uppercase(),
        good[4..].to_owned(),
        ADMIN_KEY[1..].to_owned(),
        ADMIN_KEY.to_uppercase(),
        format!("rbk_{}", "A".repeat(9_000)),
    ];
    for key in wrong {
        app.get(KEYS)
            .by(&key)
            .await
            .assert_refused(401, "UNAUTHORIZED");
    }
    app.finish().await;
}
