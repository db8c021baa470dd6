//! Nobody sees what is another owner's, on any route.
//!
//! One table walks every operation of the document as four callers. A route
//! that is added later must be given a row here, or the test fails for it.

use ringback::openapi;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{ADMIN_KEY, Answer, TestApp, vapi};

pub const PHONE: &str = "+18645550123";

/// What a route lets whom do.
enum Rule {
    /// Everybody gets the same, and nobody's data.
    Open,
    /// An admin may; a user is told that it may not.
    AdminOnly { body: fn() -> Value },
    /// Its owner may; to other users it is not there. `admin` is what an admin is answered.
    Owned { body: fn(&str) -> Value, admin: u16 },
    /// Everybody sees what it has, and an admin sees everything.
    Listed,
    /// An answer without end; who hears what of it is tested where it lives.
    Endless,
    /// Everybody is answered, and of nobody's data.
    Answered { body: fn() -> Value },
    /// Everybody may, for itself.
    Created { body: fn() -> Value },
}

/// Every operation by its id. `{id}` stands for an id that Alice has.
fn rule(operation_id: &str) -> Option<Rule> {
    let nothing: fn() -> Value = || Value::Null;
    Some(match operation_id {
        "describe_service" | "read_health" | "read_liveness" | "read_readiness"
        | "read_metrics" | "read_openapi" => Rule::Open,
        // They prove themselves in another way, and see nothing.
        "receive_webhook"
        | "receive_session_event"
        | "receive_server_message"
        | "receive_at_old_address" => Rule::Open,
        "create_key" => Rule::AdminOnly {
            body: || json!({"name": "n", "role": "user", "owner": "alice"}),
        },
        "list_keys" | "read_key" | "revoke_key" => Rule::AdminOnly { body: nothing },
        // Claimed for whoever asks, so another owner's is not an admin's either.
        "claim_session" => Rule::Owned {
            body: |id| json!({ "session_id": id }),
            admin: 404,
        },
        "create_tool" => Rule::Created {
            body: || json!({"name": "n", "url": "https://example.com", "parameters": {}}),
        },
        _ => return rule_of_calls_and_webhooks(operation_id),
    })
}

fn rule_of_calls_and_webhooks(operation_id: &str) -> Option<Rule> {
    Some(match operation_id {
        "test_webhook" => Rule::Owned {
            body: |id| json!({"subscription_id": id, "event_type": "call.completed"}),
            admin: 200,
        },
        "verify_signature" => Rule::Owned {
            body: |id| json!({"subscription_id": id, "headers": {}, "body": "{}"}),
            admin: 200,
        },
        "stream_events" | "follow_session" => Rule::Endless,
        "read_cache_stats" => Rule::AdminOnly {
            body: || Value::Null,
        },
        "list_sessions" | "list_tools" | "list_subscriptions" | "list_results_by_phone" => {
            Rule::Listed
        }
        "read_result"
        | "dismiss_result"
        | "read_session"
        | "list_messages"
        | "read_summary"
        | "read_tool"
        | "delete_tool"
        | "read_subscription"
        | "delete_subscription" => Rule::Owned {
            body: |_| Value::Null,
            admin: 200,
        },
        "change_subscription" | "rotate_secret" => Rule::Owned {
            body: |_| json!({}),
            admin: 200,
        },
        "subscribe" => Rule::Created {
            body: || json!({"webhook_url": "https://example.com"}),
        },
        "list_event_types" => Rule::Open,
        "list_events" => Rule::Listed,
        "list_deliveries" | "read_delivery" | "retry_delivery" | "explain_event"
        | "list_call_events" | "replay_call" => Rule::Owned {
            body: |_| Value::Null,
            admin: 200,
        },
        "replay_deliveries" => Rule::Owned {
            body: |_| json!({"since": "2026-01-01T00:00:00Z", "which": "all"}),
            admin: 200,
        },
        "list_calls" | "list_schedules" => Rule::Listed,
        "configure_assistant" => Rule::Answered {
            body: || {
                json!({"providerName": "P", "providerPhone": "+14155550123", "serviceNeeded": "s",
                    "userCriteria": "c", "location": "l", "urgency": "flexible"})
            },
        },
        "place_call" => Rule::Created { body: a_call },
        "create_schedule" => Rule::Created { body: a_schedule },
        "change_schedule" => Rule::Owned {
            body: |_| json!({"is_active": false}),
            admin: 200,
        },
        "read_schedule" | "delete_schedule" | "preview_schedule" | "list_runs" | "read_call"
        | "cancel_call" => Rule::Owned {
            body: |_| Value::Null,
            admin: 200,
        },
        _ => return rule_of_campaigns(operation_id),
    })
}

fn rule_of_campaigns(operation_id: &str) -> Option<Rule> {
    Some(match operation_id {
        "list_campaigns" => Rule::Listed,
        "create_campaign" => Rule::Created { body: a_campaign },
        "add_calls" => Rule::Owned {
            body: |_| json!({"calls": [a_call()]}),
            admin: 200,
        },
        "read_campaign" | "start_campaign" | "pause_campaign" | "resume_campaign"
        | "cancel_campaign" => Rule::Owned {
            body: |_| Value::Null,
            admin: 200,
        },
        _ => return None,
    })
}

/// One that is to be placed long after the test.
fn a_call() -> Value {
    json!({"customer": {"number": "+14155550123"}, "scheduled_at": "2026-06-01T09:00:00Z"})
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
    let app = TestApp::with(&[
        ("VAPI_API_KEY", "key"),
        ("VAPI_PHONE_NUMBER_ID", "number"),
        ("VAPI_ASSISTANT_ID", "assistant"),
    ])
    .await;
    let callers = Callers::of(&app).await;
    for (pattern, item) in &openapi::document().paths.paths {
        for (method, operation) in openapi::operations(item) {
            let id = operation.operation_id.as_deref().unwrap();
            let rule = rule(id)
                .unwrap_or_else(|| panic!("say in tests/api/tenancy.rs what {id} lets whom do"));
            let alices = something_of_alices(&app, pattern).await;
            let path = pattern.replace("{id}", &alices).replace("{phone}", PHONE);
            let by = async |token: &str, body: &Value| {
                ask(&app, method.as_str(), &path, token, body).await
            };
            match rule {
                Rule::Open | Rule::Endless => continue,
                Rule::AdminOnly { body } => {
                    for user in [&callers.alice, &callers.mallory] {
                        by(user, &body()).await.assert_refused(403, "FORBIDDEN");
                    }
                    let admin = by(ADMIN_KEY, &body()).await;
                    assert!((200..300).contains(&admin.status), "{id}: {admin:?}");
                }
                Rule::Owned { body, admin } => {
                    let mallory = by(&callers.mallory, &body(&alices)).await;
                    mallory.assert_refused(404, "NOT_FOUND");
                    let alice = by(&callers.alice, &body(&alices)).await;
                    assert_eq!(alice.status, 200, "{id}: {alice:?}");
                    let another = something_of_alices(&app, pattern).await;
                    let path = pattern.replace("{id}", &another);
                    let answer =
                        ask(&app, method.as_str(), &path, ADMIN_KEY, &body(&another)).await;
                    assert_eq!(answer.status, admin, "{id}: {answer:?}");
                }
                Rule::Listed => {
                    for (caller, sees) in [
                        (callers.alice.as_str(), true),
                        (&callers.mallory, false),
                        (ADMIN_KEY, true),
                    ] {
                        let list = by(caller, &Value::Null).await;
                        assert_eq!(list.status, 200, "{id}: {list:?}");
                        assert_eq!(list.text.contains(&alices), sees, "{id}: {list:?}");
                    }
                }
                Rule::Answered { body } => {
                    let mallory = by(&callers.mallory, &body()).await;
                    assert_eq!(mallory.status, 200, "{id}: {mallory:?}");
                    assert!(!mallory.text.contains("alice"), "{id}: {mallory:?}");
                }
                Rule::Created { body } => {
                    for caller in [&callers.alice, &callers.mallory] {
                        let made = by(caller, &body()).await;
                        assert_eq!(made.status, 201, "{id}: {made:?}");
                    }
                    let hers = app.get(pattern).by(&callers.mallory).await;
                    assert!(!hers.text.contains("alice"), "{id}: {hers:?}");
                }
            }
            let revoked = by(&callers.revoked, &Value::Null).await;
            revoked.assert_refused(401, "UNAUTHORIZED");
        }
    }
    app.finish().await;
}

/// The id of something of hers, made anew, of the kind that is found below this path.
pub async fn something_of_alices(app: &TestApp, path: &str) -> String {
    match path {
        path if path.starts_with("/api/v1/sessions") => session_of_alice(app).await,
        path if path.starts_with("/api/v1/vapi/calls") => result_of_alice(app).await,
        path if path.starts_with("/api/v1/tools") => tool_of_alice(app).await,
        "/api/v6/call/webhook/events" | "/api/v6/call/webhook/events/{id}/explain" => app
            .event_of("alice", None, "call.completed")
            .await
            .id
            .to_string(),
        path if path.starts_with("/api/v6/call/webhook/subscriptions")
            || path.ends_with("/webhook/test")
            || path.ends_with("/webhook/verify") =>
        {
            app.subscription_of("alice").await.to_string()
        }
        path if path.starts_with("/api/v6/call/webhook/deliveries") => delivery_of_alice(app).await,
        path if path.starts_with("/api/v6/campaigns") => campaign_of_alice(app, path).await,
        path if path.starts_with("/api/v6/call/schedules") => schedule_of_alice(app).await,
        path if path.starts_with("/api/v6/call") => call_of_alice(app).await,
        _ => key_of_alice(app).await,
    }
}

async fn result_of_alice(app: &TestApp) -> String {
    let id = format!("call-{}", Uuid::now_v7());
    let mut report = vapi::report(&id, "alice", vapi::WELL, "Short.");
    report["call"]["customer"]["number"] = PHONE.into();
    vapi::says(app, report).await;
    id
}

async fn delivery_of_alice(app: &TestApp) -> String {
    let subscription = app.subscription_of("alice").await;
    let event = app.event_of("alice", None, "call.completed").await;
    let delivery = app.ended(subscription, &event, "timeout").await;
    delivery.to_string()
}

async fn session_of_alice(app: &TestApp) -> String {
    let wanted = json!({ "session_id": format!("web-{}", Uuid::now_v7()) });
    let alice = app.user("alice").await;
    let claimed = app.post("/api/v1/sessions").by(&alice).json(&wanted).await;
    claimed.body["session"]["id"].as_str().unwrap().to_owned()
}

async fn tool_of_alice(app: &TestApp) -> String {
    let name = format!("tool-{}", Uuid::now_v7());
    let wanted = json!({"name": name, "url": "https://example.com", "parameters": {}});
    let alice = app.user("alice").await;
    let made = app.post("/api/v1/tools").by(&alice).json(&wanted).await;
    made.body["tool"]["id"].as_str().unwrap().to_owned()
}

fn a_schedule() -> Value {
    json!({"cron": "0 9 1 6 *", "timezone": "UTC", "call": {"customer": {"number": "+14155550123"}}})
}

async fn schedule_of_alice(app: &TestApp) -> String {
    let alice = app.user("alice").await;
    let post = app.post("/api/v6/call/schedules").by(&alice);
    let made = post.json(&a_schedule()).await;
    made.body["schedule"]["id"].as_str().unwrap().to_owned()
}

fn a_campaign() -> Value {
    json!({"name": "Plumbers", "max_concurrency": 2, "calls": [a_call()]})
}

/// In a state from which the path's verb leads on.
async fn campaign_of_alice(app: &TestApp, path: &str) -> String {
    let alice = app.user("alice").await;
    let post = app.post("/api/v6/campaigns").by(&alice);
    let made = post.json(&a_campaign()).await;
    let id = made.body["campaign"]["id"].as_str().unwrap().to_owned();
    let before: &[&str] = match path.rsplit('/').next() {
        Some("pause") => &["start"],
        Some("resume") => &["start", "pause"],
        _ => &[],
    };
    for verb in before {
        let path = format!("/api/v6/campaigns/{id}/{verb}");
        assert_eq!(app.post(&path).by(&alice).await.status, 200);
    }
    id
}

async fn call_of_alice(app: &TestApp) -> String {
    let alice = app.user("alice").await;
    let placed = app.post("/api/v6/call").by(&alice).json(&a_call()).await;
    placed.body["call"]["id"].as_str().unwrap().to_owned()
}

async fn key_of_alice(app: &TestApp) -> String {
    let wanted = json!({"name": "alice's", "role": "user", "owner": "alice"});
    let made = app.post("/api/v1/keys").by(ADMIN_KEY).json(&wanted).await;
    made.body["key_id"].as_str().unwrap().to_owned()
}
