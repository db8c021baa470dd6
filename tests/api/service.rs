//! The service as it is asked about.

use crate::support::{ADMIN_KEY, TestApp};

#[tokio::test]
async fn it_says_what_it_is_and_what_it_can_be_asked() {
    let app = TestApp::spawn().await;
    let said = app.get("/api").await;
    assert_eq!(
        (said.status, said.body["name"].as_str()),
        (200, Some("ringback"))
    );
    let endpoints = said.body["endpoints"].as_array().unwrap();
    assert!(endpoints.contains(&"POST /api/v1/keys".into()), "{said:?}");
    app.finish().await;
}

#[tokio::test]
async fn it_is_healthy_until_it_is_told_to_stop() {
    let app = TestApp::spawn().await;
    for path in ["/health", "/health/live", "/health/ready"] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
    app.app.stopping.cancel();
    app.get("/health/ready")
        .await
        .assert_refused(503, "UNREADY");
    assert_eq!(
        app.get("/health/live").await.status,
        200,
        "a process that stops still lives"
    );
    app.finish().await;
}

#[tokio::test]
async fn without_its_database_it_is_degraded_while_events_still_have_a_way_in() {
    let app = TestApp::spawn().await;
    app.app.db.clone().close().await;
    let told = app.get("/health/ready").await;
    assert_eq!(
        (told.status, &told.body["status"]),
        (200, &"degraded".into())
    );
    app.finish_without_database().await;
}

#[tokio::test]
async fn without_database_and_spool_it_is_not_ready() {
    let app = TestApp::with(&[("RINGBACK_SPOOL", "off")]).await;
    app.app.db.clone().close().await;
    app.get("/health/ready")
        .await
        .assert_refused(503, "UNREADY");
    app.get("/api/v1/keys")
        .by(ADMIN_KEY)
        .await
        .assert_refused(500, "STORE_UNAVAILABLE");
    app.finish_without_database().await;
}

#[tokio::test]
async fn metrics_are_open_on_loopback_and_name_patterns_never_paths() {
    let app = TestApp::spawn().await;
    app.get("/api/v1/keys/key_of-somebody").await;
    app.get("/somewhere/secret-word").await;
    let metrics = app.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert!(
        metrics.text.contains("ringback_http_request_seconds"),
        "{}",
        metrics.text
    );
    for path in ["key_of-somebody", "secret-word"] {
        assert!(!metrics.text.contains(path), "{path} became a label");
    }
    app.finish().await;
}

#[tokio::test]
async fn metrics_need_an_admin_where_others_can_reach_the_port() {
    let app = TestApp::with(&[("RINGBACK_LISTEN", "0.0.0.0:0")]).await;
    app.get("/metrics")
        .await
        .assert_refused(401, "UNAUTHORIZED");
    let user = app.user("alice").await;
    app.get("/metrics")
        .by(&user)
        .await
        .assert_refused(403, "FORBIDDEN");
    assert_eq!(app.get("/metrics").by(ADMIN_KEY).await.status, 200);
    app.finish().await;
}

#[tokio::test]
async fn the_document_is_served_and_its_viewer_needs_nothing_from_elsewhere() {
    let app = TestApp::spawn().await;
    let document = app.get("/openapi.json").await;
    assert_eq!(document.body["info"]["title"], "ringback");
    let page = app.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-security-policy")
            .contains("script-src 'self'")
    );
    for (path, to) in [("/docs", "/docs/"), ("/", "/login")] {
        let led = app.get(path).await;
        assert_eq!((led.status, led.header("location")), (303, to), "{path}");
    }
    app.finish().await;
}
