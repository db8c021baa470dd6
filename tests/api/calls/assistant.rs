//! The assistant of a request, over HTTP.

use serde_json::json;

use super::{a_request, with};
use crate::support::{ADMIN_KEY, TestApp};

const PATH: &str = "/api/v1/vapi/assistant-config";

#[tokio::test]
async fn an_admin_gets_the_whole_assistant() {
    let url = "https://hooks.example.com";
    let app = TestApp::with(&[("VAPI_WEBHOOK_URL", url)]).await;
    let made = app.post(PATH).by(ADMIN_KEY).json(&a_request()).await;
    assert_eq!(made.status, 200, "{made:?}");
    let server = &made.body["assistant"]["server"];
    assert_eq!(
        server["url"],
        "https://hooks.example.com/api/v1/vapi/webhook"
    );
    assert_eq!(
        server["headers"],
        json!({"x-webhook-secret": "a-shared-secret"})
    );
    assert_eq!(made.body["assistant"]["metadata"]["ownerId"], "admin");
    app.finish().await;
}

#[tokio::test]
async fn a_user_does_not_get_the_secret_by_which_all_news_are_believed() {
    let app = TestApp::spawn().await;
    let alice = app.user("alice").await;
    let made = app.post(PATH).by(&alice).json(&a_request()).await;
    assert_eq!(made.status, 200, "{made:?}");
    assert!(!made.text.contains("a-shared-secret"), "{made:?}");
    assert!(
        made.body["assistant"]["server"]["url"]
            .as_str()
            .unwrap()
            .starts_with("http://127.")
    );
    app.finish().await;
}

#[tokio::test]
async fn a_request_is_read_strictly() {
    let app = TestApp::spawn().await;
    for (request, path) in [
        (with(a_request(), "urgency", "soon"), "urgency"),
        (with(a_request(), "provider_name", "x"), "provider_name"),
        (with(a_request(), "providerName", ""), "providerName"),
    ] {
        let refused = app.post(PATH).by(ADMIN_KEY).json(&request).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], path, "{refused:?}");
    }
    app.finish().await;
}
