//! The door: who has no token gets a 401 before anything else is looked at.

use serde_json::json;

use super::{
    AUDIENCE,
    forge::{self, Signer},
    issuer::{DISCOVERY, Issuer},
};
use crate::support::{ADMIN_KEY, TestApp};

const KEYS: &str = "/api/v1/keys";

#[actix_web::test]
async fn a_401_comes_before_every_other_answer() {
    let app = TestApp::spawn().await;
    let too_large = "x".repeat(2 << 20);
    let asks = [
        app.get("/api/v1/keys/not-an-id"),
        app.get("/api/v1/keys?limit=nonsense"),
        app.get("/api/v1/nowhere"),
        app.ask("PUT", KEYS),
        app.post(KEYS).json(&json!({ "nonsense": true })),
        app.post(KEYS)
            .header("content-type", "text/plain")
            .body("x"),
        app.post(KEYS)
            .header("content-type", "application/json")
            .body(too_large),
        app.post(KEYS)
            .header("idempotency-key", "a b")
            .json(&json!({})),
    ];
    for ask in asks {
        let refusal = ask.await;
        refusal.assert_refused(401, "UNAUTHORIZED");
        assert_eq!(refusal.header("www-authenticate"), "Bearer");
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_403_comes_before_the_body_is_judged() {
    let app = TestApp::spawn().await;
    let user = app.user("acme").await;
    app.post(KEYS)
        .by(&user)
        .json(&json!({ "nonsense": true }))
        .await
        .assert_refused(403, "FORBIDDEN");
    app.post(KEYS)
        .by(&user)
        .body("x")
        .await
        .assert_refused(403, "FORBIDDEN");
    app.get("/api/v1/keys?limit=nonsense")
        .by(&user)
        .await
        .assert_refused(403, "FORBIDDEN");
    app.get("/api/v1/keys/not-an-id")
        .by(&user)
        .await
        .assert_refused(403, "FORBIDDEN");
    app.finish().await;
}

#[actix_web::test]
async fn one_bearer_header_opens_and_nothing_like_it_does() {
    let app = TestApp::spawn().await;
    let with = |value: &str| app.get(KEYS).header("authorization", value);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        assert_eq!(
            with(&format!("{scheme} {ADMIN_KEY}")).await.status,
            200,
            "{scheme}"
        );
    }
    let wrong = [
        String::new(),
        "Bearer".to_owned(),
        ADMIN_KEY.to_owned(),
        format!("Basic {ADMIN_KEY}"),
        format!("Token {ADMIN_KEY}"),
        format!("Bearer:{ADMIN_KEY}"),
        format!("Bearer {ADMIN_KEY} {ADMIN_KEY}"),
        format!("Bearer {ADMIN_KEY},"),
    ];
    for value in wrong {
        with(&value).await.assert_refused(401, "UNAUTHORIZED");
    }
    let twice = with(&format!("Bearer {ADMIN_KEY}"))
        .header("authorization", &format!("Bearer {ADMIN_KEY}"));
    twice.await.assert_refused(401, "UNAUTHORIZED");
    let in_the_url = app.get(&format!("{KEYS}?access_token={ADMIN_KEY}"));
    in_the_url.await.assert_refused(401, "UNAUTHORIZED");
    app.finish().await;
}

#[actix_web::test]
async fn a_token_opens_the_door_of_a_real_server() {
    let signer = Signer::ed25519("k1");
    let issuer = Issuer::with(&[&signer]).await;
    let app = TestApp::with(&[("OIDC_ISSUER", &issuer.base), ("OIDC_AUDIENCE", AUDIENCE)]).await;
    let now_secs = app.clock.now().timestamp();
    let token = |changes| signer.sign(&forge::claims(&issuer.base, AUDIENCE, now_secs, changes));
    app.get(KEYS)
        .by(&token(json!({})))
        .await
        .assert_refused(403, "FORBIDDEN");
    assert_eq!(
        app.get(KEYS)
            .by(&token(json!({ "role": "admin" })))
            .await
            .status,
        200
    );
    app.get(KEYS)
        .by(&token(json!({ "aud": "other" })))
        .await
        .assert_refused(401, "UNAUTHORIZED");
    app.finish().await;
}

#[actix_web::test]
async fn an_issuer_that_does_not_answer_is_a_503_and_no_401() {
    let signer = Signer::rsa("k1");
    let issuer = Issuer::with(&[&signer]).await;
    issuer.answers(DISCOVERY, 500, "");
    let app = TestApp::with(&[("OIDC_ISSUER", &issuer.base), ("OIDC_AUDIENCE", AUDIENCE)]).await;
    let claims = forge::claims(
        &issuer.base,
        AUDIENCE,
        app.clock.now().timestamp(),
        json!({}),
    );
    app.get(KEYS)
        .by(&signer.sign(&claims))
        .await
        .assert_refused(503, "UNREADY");
    assert_eq!(
        app.get(KEYS).by(ADMIN_KEY).await.status,
        200,
        "keys are not tokens"
    );
    app.finish().await;
}

#[actix_web::test]
async fn why_somebody_was_refused_is_counted_by_reason() {
    let signer = Signer::rsa("k1");
    let issuer = Issuer::with(&[&signer]).await;
    let app = TestApp::with(&[("OIDC_ISSUER", &issuer.base), ("OIDC_AUDIENCE", AUDIENCE)]).await;
    let claims = forge::claims(&issuer.base, AUDIENCE, 1, json!({}));
    app.get(KEYS)
        .by(&signer.sign(&claims))
        .await
        .assert_refused(401, "UNAUTHORIZED");
    app.get(KEYS).await.assert_refused(401, "UNAUTHORIZED");
    let metrics = app.get("/metrics").await.text;
    for reason in ["expired", "no_token"] {
        let line = format!("ringback_auth_refused_total{{reason=\"{reason}\"}}");
        assert!(metrics.contains(&line), "{metrics}");
    }
    app.finish().await;
}
