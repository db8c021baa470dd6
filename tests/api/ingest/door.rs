//! Nobody but Vapi is heard.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn without_a_proof_nothing_is_taken_at_any_address() {
    let app = TestApp::spawn().await;
    let body = json!({"message": status("v1", "ringing", 1)});
    for address in ADDRESSES {
        app.post(address)
            .json(&body)
            .await
            .assert_refused(401, "INVALID_SIGNATURE");
        for (header, value) in [
            ("x-webhook-secret", ""),
            ("x-webhook-secret", "wrong"),
            ("authorization", "Bearer wrong"),
            ("x-vapi-signature", "00"),
        ] {
            let refused = app.post(address).header(header, value).json(&body).await;
            refused.assert_refused(401, "INVALID_SIGNATURE");
        }
    }
    assert!(app.find_call("v1").await.is_none());
    app.finish().await;
}

#[tokio::test]
async fn every_way_to_prove_it_works_at_every_address() {
    let app = TestApp::spawn().await;
    let ways = [
        ("x-webhook-secret", "a-shared-secret"),
        ("x-vapi-secret", "a-shared-secret"),
        ("authorization", "Bearer a-shared-secret"),
    ];
    for address in ADDRESSES {
        for (header, value) in ways {
            let body = json!({"message": status("v1", "ringing", 1)});
            assert_eq!(
                app.post(address)
                    .header(header, value)
                    .json(&body)
                    .await
                    .status,
                200,
                "{address} {header}"
            );
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn who_fails_too_often_waits_and_who_is_vapi_never_does() {
    let app = TestApp::spawn().await;
    let body = json!({"message": status("v1", "ringing", 1)});
    let fail = || app.post(VAPI).header("x-vapi-secret", "wrong").json(&body);
    for _ in 0..50 {
        fail().await.assert_refused(401, "INVALID_SIGNATURE");
    }
    let told = fail().await;
    told.assert_refused(429, "RATE_LIMITED");
    assert!(told.header("retry-after").parse::<u32>().unwrap() > 0);
    assert_eq!(
        app.say(VAPI, &body).await.status,
        200,
        "a valid one always passes"
    );
    app.advance(Duration::from_secs(60));
    fail().await.assert_refused(401, "INVALID_SIGNATURE");
    app.finish().await;
}

#[tokio::test]
async fn a_session_may_speak_so_often_and_the_real_vapi_as_it_likes() {
    let app = TestApp::with(&[("RINGBACK_SESSION_RATE", "3/min")]).await;
    let speak = |at: i64| json!({"type": "message", "data": {"callId": "s1", "role": "user", "transcript": "Hi", "timestamp": at}});
    for at in 0..3 {
        assert_eq!(app.say(SESSIONS, &speak(at)).await.status, 200);
    }
    app.say(SESSIONS, &speak(9))
        .await
        .assert_refused(429, "RATE_LIMITED");
    for at in 0..20 {
        app.hears(line("s1", "user", "Hi", at)).await;
    }
    app.finish().await;
}
