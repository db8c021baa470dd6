//! A subscriber's own headers, and which calls it wants to hear of.

use ringback::subscriptions::sealed;
use serde_json::{Value, json};

use super::{URL, assert_wrong, changed, patch, row, subscribe, subscribed};
use crate::support::{ADMIN_KEY, TestApp};

const CAMPAIGN: &str = "cmp_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60";

async fn kept(app: &TestApp, id: &str) -> Value {
    let row = row(app, id).await;
    let headers = sealed::open_headers(&app.app.seal, row.id, row.headers.as_ref());
    json!(headers.unwrap())
}

#[tokio::test]
async fn headers_are_kept_whole_and_shown_by_name() {
    let app = TestApp::spawn().await;
    let headers = json!({"X-Key": "k", "Authorization": "Bearer x=/.~"});
    let made = subscribe(
        &app,
        ADMIN_KEY,
        &json!({"webhook_url": URL, "headers": headers}),
    )
    .await;
    assert_eq!(made.body["header_names"], json!(["authorization", "x-key"]));
    assert!(!made.text.contains("Bearer"), "{made:?}");
    let id = made.body["id"].as_str().unwrap();
    assert_eq!(
        kept(&app, id).await,
        json!({"x-key": "k", "authorization": "Bearer x=/.~"})
    );

    changed(&app, ADMIN_KEY, id, &json!({"headers": {"x-new": "n"}})).await;
    assert_eq!(
        kept(&app, id).await,
        json!({"x-new": "n"}),
        "all of them are replaced"
    );
    for nothing in [Value::Null, json!({})] {
        changed(&app, ADMIN_KEY, id, &json!({"headers": {"x-new": "n"}})).await;
        let none = changed(&app, ADMIN_KEY, id, &json!({ "headers": nothing })).await;
        assert_eq!(none["header_names"], json!([]));
        assert_eq!(row(&app, id).await.headers, None);
    }
    app.finish().await;
}

#[tokio::test]
async fn headers_that_cannot_be_sent_or_are_ours_are_refused_by_name() {
    let app = TestApp::spawn().await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    let many: serde_json::Map<String, Value> =
        (0..21).map(|n| (format!("x-{n}"), json!("v"))).collect();
    let long = json!({"x-a": "v".repeat(4_097)});
    let heavy = json!({"x-a": "v".repeat(4_000), "x-b": "v".repeat(4_000), "x-c": "v".repeat(400)});
    for (headers, path) in [
        (json!({"Host": "example.com"}), "headers.Host"),
        (json!({"content-length": "1"}), "headers.content-length"),
        (
            json!({"Transfer-Encoding": "chunked"}),
            "headers.Transfer-Encoding",
        ),
        (
            json!({"Content-Type": "text/plain"}),
            "headers.Content-Type",
        ),
        (
            json!({"webhook-signature": "v1,x"}),
            "headers.webhook-signature",
        ),
        (json!({"X-Webhook-Id": "x"}), "headers.X-Webhook-Id"),
        (json!({"x-a": "b\r\nhost: c"}), "headers.x-a"),
        (json!({"x-a": "b\u{0}"}), "headers.x-a"),
        (json!({"x-a": " b"}), "headers.x-a"),
        (json!({"x-a": "büro"}), "headers.x-a"),
        (json!({"x a": "b"}), "headers.x a"),
        (json!({"": "b"}), "headers."),
        (json!({":path": "/"}), "headers.:path"),
        (json!({"x-a": "1", "X-A": "2"}), "headers.x-a"),
        (json!({"x-a": 1}), "headers.x-a"),
        (json!({"x-a": null}), "headers.x-a"),
        (json!(["x-a"]), "headers"),
        (Value::Object(many), "headers"),
        (long, "headers.x-a"),
        (heavy, "headers"),
    ] {
        let change = json!({ "headers": headers });
        assert_wrong(&patch(&app, ADMIN_KEY, &id, &change).await, path);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_filter_is_kept_in_one_form_and_cleared() {
    let app = TestApp::spawn().await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    let wanted = json!({
        "campaign_id": CAMPAIGN.to_uppercase().replace("CMP_", "cmp_"),
        "outcome": ["failed", "timeout", "failed"],
        "metadata": {"team": "north", "nul": "\u{0}"},
    });
    let filtered = changed(&app, ADMIN_KEY, &id, &json!({ "filter": wanted })).await;
    let kept = json!({
        "campaign_id": [CAMPAIGN], "outcome": ["failed", "timeout"],
        "metadata": {"team": ["north"], "nul": ["\u{0}"]},
    });
    assert_eq!(filtered["filter"], kept);
    for nothing in [Value::Null, json!({}), json!({"metadata": {}})] {
        let none = changed(&app, ADMIN_KEY, &id, &json!({ "filter": nothing })).await;
        assert_eq!(none["filter"], Value::Null);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_filter_that_cannot_match_is_refused_by_its_place() {
    let app = TestApp::spawn().await;
    let id = subscribed(&app, ADMIN_KEY, URL).await;
    let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    for (filter, path) in [
        (json!({"campaign_id": ["cmp_1"]}), "filter.campaign_id[0]"),
        (
            json!({"campaign_id": "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60"}),
            "filter.campaign_id",
        ),
        (json!({"outcome": []}), "filter.outcome"),
        (
            json!({"outcome": ["failed", "no_answer"]}),
            "filter.outcome[1]",
        ),
        (json!({"outcome": 7}), "filter.outcome"),
        (json!({"metadata": {"team": []}}), "filter.metadata.team"),
        (json!({"metadata": {"team": 7}}), "filter.metadata.team"),
        (json!({"metadata": {"team": many}}), "filter.metadata.team"),
        (
            json!({"metadata": {"team": "x".repeat(501)}}),
            "filter.metadata.team",
        ),
        (json!({"metadata": "team"}), "filter.metadata"),
        (json!({"colour": "red"}), "filter.colour"),
        (json!(["failed"]), "filter"),
    ] {
        let change = json!({ "filter": filter });
        assert_wrong(&patch(&app, ADMIN_KEY, &id, &change).await, path);
    }
    app.finish().await;
}
