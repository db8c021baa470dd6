//! Every operation there is, asked by those who have no business here: all are told the same.

use ringback::openapi;
use serde_json::json;

use crate::support::{ADMIN_KEY, Ask, TestApp};

/// What needs no token: the service about itself, and those who prove themselves in another way.
const OPEN: [&str; 12] = [
    "describe_service",
    "follow_session",
    "list_event_types",
    "read_health",
    "read_liveness",
    "read_metrics",
    "read_openapi",
    "read_readiness",
    "receive_at_old_address",
    "receive_server_message",
    "receive_session_event",
    "receive_webhook",
];

/// Ways to come in that are none.
async fn strangers(app: &TestApp) -> Vec<Vec<(&'static str, String)>> {
    let wanted = json!({"name": "gone", "role": "admin", "owner": "alice"});
    let made = app.post("/api/v1/keys").by(ADMIN_KEY).json(&wanted).await;
    let (id, key) = (&made.body["key_id"], made.body["key"].as_str().unwrap());
    let revoked = app.delete(&format!("/api/v1/keys/{}", id.as_str().unwrap()));
    assert_eq!(revoked.by(ADMIN_KEY).await.status, 200);
    let session = app.visitor(ADMIN_KEY).await;
    let (name, value) = session.cookies.iter().next().unwrap();
    let bearer = |token: &str| ("authorization", format!("Bearer {token}"));
    vec![
        vec![],
        vec![("cookie", format!("{name}={value}"))],
        vec![bearer(key)],
        vec![bearer(value)],
        vec![bearer("a-shared-secret")],
        vec![bearer(
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImFkbWluIjp0cnVlfQ.",
        )],
        vec![bearer(ADMIN_KEY), bearer(ADMIN_KEY)],
        vec![("x-api-key", ADMIN_KEY.to_owned())],
        vec![("x-vapi-secret", "a-shared-secret".to_owned())],
        vec![
            ("x-forwarded-for", "127.0.0.1".to_owned()),
            ("x-owner", "alice".to_owned()),
        ],
    ]
}

#[tokio::test]
async fn no_operation_answers_a_stranger() {
    let app = TestApp::spawn().await;
    let strangers = strangers(&app).await;
    let mut asked = 0;
    for (pattern, item) in &openapi::document().paths.paths {
        for (method, operation) in openapi::operations(item) {
            let id = operation.operation_id.as_deref().unwrap();
            if OPEN.contains(&id) {
                continue;
            }
            let path = pattern.replace(['{', '}'], "");
            let path = format!("{path}?access_token={ADMIN_KEY}&token={ADMIN_KEY}");
            for headers in &strangers {
                let ask = app.ask(method.as_str(), &path);
                let dressed = |ask: Ask, (name, value): &(&str, String)| ask.header(name, value);
                let refused = headers.iter().fold(ask, dressed).await;
                refused.assert_refused(401, "UNAUTHORIZED");
                asked += 1;
            }
        }
    }
    assert!(asked > 400, "{asked}");
    app.finish().await;
}
