//! Nobody sees what is another owner's, on any route.
//!
//! One table walks every operation of the document as four callers. A route
//! that is added later must be given a row here, or the test fails for it.

use ringback::openapi;
use serde_json::{Value, json};

use crate::support::{ADMIN_KEY, Answer, TestApp};

/// What a route lets whom do.
enum Rule {
    /// Everybody gets the same, and nobody's data.
    Open,
    /// An admin may; a user is told that it may not.
    AdminOnly { body: fn() -> Value },
}

/// Every operation by its id. `{id}` stands for an id that Alice has.
fn rule(operation_id: &str) -> Option<Rule> {
    let nothing: fn() -> Value = || Value::Null;
    Some(match operation_id {
        "describe_service" | "read_health" | "read_liveness" | "read_readiness"
        | "read_metrics" | "read_openapi" => Rule::Open,
        "create_key" => Rule::AdminOnly {
            body: || json!({"name": "n", "role": "user", "owner": "alice"}),
        },
        "list_keys" | "read_key" | "revoke_key" => Rule::AdminOnly { body: nothing },
        _ => return None,
    })
}

struct Callers {
    alice: String,
    mallory: String,
    revoked: String,
}

impl Callers {
    async fn of(app: &TestApp) -> Self {
        let revoked = app
            .post("/api/v1/keys")
            .by(ADMIN_KEY)
            .json(&json!({"name": "gone", "role": "admin", "owner": "alice"}))
            .await;
        let id = revoked.body["key_id"].as_str().unwrap();
        assert_eq!(
            app.delete(&format!("/api/v1/keys/{id}"))
                .by(ADMIN_KEY)
                .await
                .status,
            200
        );
        Self {
            alice: app.user("alice").await,
            mallory: app.user("mallory").await,
            revoked: revoked.body["key"].as_str().unwrap().to_owned(),
        }
    }
}

async fn ask(app: &TestApp, method: &str, path: &str, token: &str, body: &Value) -> Answer {
    let ask = app.ask(method, path).by(token);
    match body {
        Value::Null => ask.await,
        body => ask.json(body).await,
    }
}

#[tokio::test]
async fn no_route_shows_or_changes_what_is_another_owners() {
    let app = TestApp::spawn().await;
    let callers = Callers::of(&app).await;
    for (pattern, item) in &openapi::document().paths.paths {
        for (method, operation) in openapi::operations(item) {
            let id = operation.operation_id.as_deref().unwrap();
            let rule = rule(id)
                .unwrap_or_else(|| panic!("say in tests/api/tenancy.rs what {id} lets whom do"));
            let path = pattern.replace("{id}", &key_of_alice(&app).await);
            match rule {
                Rule::Open => {}
                Rule::AdminOnly { body } => {
                    let by = |token: String| {
                        let (app, method, path) = (&app, method.as_str(), path.as_str());
                        async move { ask(app, method, path, &token, &body()).await }
                    };
                    by(callers.revoked.clone())
                        .await
                        .assert_refused(401, "UNAUTHORIZED");
                    by(callers.mallory.clone())
                        .await
                        .assert_refused(403, "FORBIDDEN");
                    by(callers.alice.clone())
                        .await
                        .assert_refused(403, "FORBIDDEN");
                    let admin = by(ADMIN_KEY.to_owned()).await;
                    assert!((200..300).contains(&admin.status), "{id}: {admin:?}");
                }
            }
        }
    }
    app.finish().await;
}

async fn key_of_alice(app: &TestApp) -> String {
    let wanted = json!({"name": "alice's", "role": "user", "owner": "alice"});
    let made = app.post("/api/v1/keys").by(ADMIN_KEY).json(&wanted).await;
    made.body["key_id"].as_str().unwrap().to_owned()
}
