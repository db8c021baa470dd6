//! Every page, with something on it.

use serde_json::{Value, json};

use super::{
    KEY,
    story::{CALL, Story},
};

/// Each by the name of its pictures.
pub async fn of(story: &Story<'_>) -> Vec<(&'static str, String)> {
    furnish(story).await;
    let subscription = found(story, "/api/v6/call/webhook/subscriptions", "subscriptions").await;
    let deliveries = format!("/api/v6/call/webhook/subscriptions/{subscription}/deliveries");
    let delivery = found(story, &deliveries, "deliveries").await;
    let event = found(story, "/api/v6/call/webhook/events", "events").await;
    let schedule = found(story, "/api/v6/call/schedules", "schedules").await;
    let campaign = found(story, "/api/v6/campaigns", "campaigns").await;
    let of_subscription = |page: &str| format!("/subscriptions/{subscription}{page}");
    vec![
        ("overview", "/".to_owned()),
        ("subscriptions", "/subscriptions".to_owned()),
        ("subscribe", "/subscriptions/new".to_owned()),
        ("subscription", of_subscription("")),
        ("subscription-change", of_subscription("/change")),
        ("subscription-rotate", of_subscription("/rotate")),
        ("subscription-test", of_subscription("/test")),
        ("subscription-replay", of_subscription("/replay")),
        ("subscription-delete", of_subscription("/delete")),
        ("delivery", format!("/deliveries/{delivery}")),
        ("event", format!("/events/{event}")),
        ("debugger", "/debugger".to_owned()),
        ("calls", "/calls".to_owned()),
        ("call-new", "/calls/new".to_owned()),
        ("call", format!("/calls/{CALL}")),
        ("campaigns", "/campaigns".to_owned()),
        ("campaign", format!("/campaigns/{campaign}")),
        ("schedules", "/schedules".to_owned()),
        ("schedule-new", "/schedules/new".to_owned()),
        ("schedule", format!("/schedules/{schedule}")),
        ("tools", "/tools".to_owned()),
        ("keys", "/keys".to_owned()),
        ("not-there", "/deliveries/dlv_nothing".to_owned()),
    ]
}

async fn furnish(story: &Story<'_>) {
    for (role, text) in [
        (
            "assistant",
            "Hello, I am calling about a plumber for today.",
        ),
        ("user", "We can come at two."),
        // A page that ran it would ask for it, and a browser would complain.
        (
            "user",
            "<img src='/assets/none' onerror='alert(1)'><script>alert(1)</script>",
        ),
    ] {
        let call = json!({"id": CALL, "metadata": {"ownerId": "admin"}});
        let line = json!({
            "type": "transcript", "transcriptType": "final", "role": role, "transcript": text,
            "call": call,
        });
        story.vapi_says(line).await;
    }
    let report = json!({
        "type": "end-of-call-report", "endedReason": "customer-ended-call", "cost": 0.25,
        "startedAt": "2026-01-05T08:58:00.000Z", "endedAt": "2026-01-05T09:00:00.000Z",
        "analysis": {"summary": "They come at two.", "structuredData": {"availability": "available"},
            "successEvaluation": "true"},
        "artifact": {"transcript": "AI: Hello.\nUser: We can come at two."},
        "call": {"id": CALL, "metadata": {"ownerId": "admin"}},
    });
    story.vapi_says(report).await;
    let call = json!({"customer": {"number": "+14155550123"}, "assistant_id": "assistant"});
    let schedule = json!({"cron": "0 9 * * 1", "timezone": "Europe/Berlin", "call": call});
    let campaign = json!({"name": "Plumbers of Greenville", "max_concurrency": 2, "calls": [call]});
    let tool =
        json!({"name": "lookup_order", "url": "http://127.0.0.1:3999/tool", "parameters": {}});
    for (path, wanted) in [
        ("/api/v6/call/schedules", schedule),
        ("/api/v6/campaigns", campaign),
        ("/api/v1/tools", tool),
    ] {
        let made = story.server.post(path, KEY, path, &wanted).await;
        assert_eq!(made["success"], true, "{path}: {made}");
    }
}

/// The id of the first of a list.
async fn found(story: &Story<'_>, path: &str, plural: &str) -> String {
    let list: Value = story.server.list(path, KEY).await;
    list[plural][0]["id"].as_str().unwrap().to_owned()
}
