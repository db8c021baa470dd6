//! Whatever happens, an answer looks the same: the envelope, an id, the
//! headers.

use serde_json::json;

use crate::support::{ADMIN_KEY, TestApp};

#[tokio::test]
async fn every_failure_wears_the_one_envelope() {
    let app = TestApp::spawn().await;
    let ask = |method, path: &str| app.ask(method, path).by(ADMIN_KEY);
    let keys = "/api/v1/keys";
    let refused = [
        (ask("GET", "/nowhere"), 404, "NOT_FOUND"),
        (ask("GET", "/api/v1/keys/%FF"), 404, "NOT_FOUND"),
        (ask("PUT", keys), 405, "METHOD_NOT_ALLOWED"),
        (ask("BREW", keys), 405, "METHOD_NOT_ALLOWED"),
        (ask("GET", "/api/v1/keys?limit=x"), 400, "INVALID_REQUEST"),
        (ask("GET", "/api/v1/keys?limit=0"), 400, "INVALID_REQUEST"),
        (ask("GET", "/api/v1/keys?cursor=x"), 400, "INVALID_REQUEST"),
        (ask("GET", "/api/v1/keys?unknown=1"), 400, "INVALID_REQUEST"),
    ];
    for (ask, status, code) in refused {
        ask.await.assert_refused(status, code);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_body_that_cannot_be_taken_is_refused_for_what_it_is() {
    let app = TestApp::spawn().await;
    let post = |body: String| app.post("/api/v1/keys").by(ADMIN_KEY).body(body);
    let json = |body: String| post(body).header("content-type", "application/json");
    let text = post("{}".to_owned()).header("content-type", "text/plain");
    let too_large = "x".repeat((1 << 20) + 1);
    post("{}".to_owned())
        .await
        .assert_refused(415, "UNSUPPORTED_MEDIA_TYPE");
    text.await.assert_refused(415, "UNSUPPORTED_MEDIA_TYPE");
    json("{".to_owned())
        .await
        .assert_refused(400, "INVALID_REQUEST");
    json(too_large)
        .await
        .assert_refused(413, "PAYLOAD_TOO_LARGE");
    app.finish().await;
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let app = TestApp::spawn().await;
    let told = app.ask("PUT", "/api/v1/keys").by(ADMIN_KEY).await;
    assert_eq!(told.header("allow"), "GET, POST");
    let told = app.post("/health").await;
    told.assert_refused(405, "METHOD_NOT_ALLOWED");
    assert_eq!(
        told.header("allow"),
        "GET",
        "an open address is no case for a token"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_any_other_is_replaced() {
    let app = TestApp::spawn().await;
    let kept = app
        .get("/health/live")
        .header("x-request-id", "deploy-42.a_b:c")
        .await;
    assert_eq!(kept.header("x-request-id"), "deploy-42.a_b:c");
    for insane in ["", "two words", "a\tb", &"x".repeat(129), "<script>"] {
        let made = app.get("/health/live").header("x-request-id", insane).await;
        assert_eq!(made.header("x-request-id").len(), 36, "{insane}");
    }
    app.finish().await;
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let app = TestApp::spawn().await;
    for path in ["/health", "/nowhere", "/api/v1/keys", "/docs/"] {
        let answer = app.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert!(
            answer
                .header("content-security-policy")
                .starts_with("default-src 'none'"),
            "{path}"
        );
    }
    app.finish().await;
}

#[tokio::test]
async fn only_configured_origins_may_read_answers_in_a_browser() {
    let app = TestApp::with(&[("RINGBACK_CORS_ORIGINS", "https://app.example.com")]).await;
    let from = |origin| app.get("/health").header("origin", origin);
    let allowed = from("https://app.example.com").await;
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        "https://app.example.com"
    );
    let other = from("https://evil.example.com").await;
    assert_eq!(
        (other.status, other.header("access-control-allow-origin")),
        (200, "")
    );
    let preflight = app
        .ask("OPTIONS", "/api/v1/keys")
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization, idempotency-key",
        )
        .await;
    assert_eq!(
        preflight.status, 200,
        "a preflight carries no token: {preflight:?}"
    );
    app.finish().await;
}

#[tokio::test]
async fn an_answer_is_compressed_for_who_can_read_it() {
    let app = TestApp::spawn().await;
    let packed = app
        .get("/openapi.json")
        .header("accept-encoding", "gzip")
        .await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    let plain = app.get("/openapi.json").await;
    assert_eq!(plain.header("content-encoding"), "");
    app.finish().await;
}

#[tokio::test]
async fn unknown_and_misplaced_fields_are_refused_by_their_path() {
    let app = TestApp::spawn().await;
    let good = json!({"name": "n", "role": "user", "owner": "o"});
    for (field, value, path) in [
        ("rol", json!("user"), "rol"),
        ("role", json!("king"), "role"),
        ("name", json!(""), "name"),
        ("name", json!("a\u{7}b"), "name"),
        ("owner", json!(7), "owner"),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let refused = app.post("/api/v1/keys").by(ADMIN_KEY).json(&body).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], path, "{refused:?}");
    }
    app.finish().await;
}
