//! What comes twice changes nothing, and is answered like the first time.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::*;

#[tokio::test]
async fn the_same_event_again_changes_nothing_and_says_so() {
    let app = TestApp::spawn().await;
    let messages = [
        status("v1", "in-progress", 1),
        line("v1", "user", "Hello?", 2),
        ended("v1", "customer-ended-call", 3),
        report("v1", "customer-ended-call", "Short.", 4),
    ];
    for message in &messages {
        app.hears(message.clone()).await;
    }
    let before = app.call("v1").await;
    let told = app.told_of(&before).await.len();
    for message in &messages {
        let again = app.hears(message.clone()).await;
        assert_eq!(
            (&again.body["callId"], &again.body["duplicate"]),
            (&json!("v1"), &json!(true))
        );
    }
    let after = app.call("v1").await;
    assert_eq!(
        (after.clone(), app.told_of(&after).await.len()),
        (before, told)
    );
    assert_eq!(app.log_of(&after).await.len(), 4);
    app.finish().await;
}

#[tokio::test]
async fn a_report_with_new_presigned_addresses_is_the_same_report() {
    let app = TestApp::spawn().await;
    let with = |address: &str| {
        let mut message = report("v1", "customer-ended-call", "Short.", 4);
        message["artifact"]["presignedMonoUrl"] = address.into();
        message
    };
    app.hears(with("https://storage.example.com/a?signature=1"))
        .await;
    let again = app
        .hears(with("https://storage.example.com/a?signature=2"))
        .await;
    assert_eq!(again.body["duplicate"], true);
    app.finish().await;
}

#[tokio::test]
async fn a_fuller_report_enriches_and_is_told_as_a_report() {
    let app = TestApp::spawn().await;
    let mut bare = report("v1", "customer-ended-call", "Short.", 4);
    bare["analysis"] = json!({});
    app.hears(bare).await;
    app.hears(report("v1", "customer-ended-call", "Short.", 5))
        .await;
    let call = app.call("v1").await;
    let told = app.told_of(&call).await;
    let last = told.last().unwrap();
    assert_eq!(
        (
            last.kind.as_str(),
            &last.payload["data"]["analysis"]["summary"]
        ),
        ("call.report", &json!("Short."))
    );
    assert_eq!(call.result_version, 2);
    app.finish().await;
}

#[tokio::test]
async fn a_delivery_is_known_by_its_verified_webhook_id_too() {
    let app = TestApp::with(&[("VAPI_WEBHOOK_SECRET", "signing-secret")]).await;
    let say = |at: i64| {
        let body = json!({"message": status("v1", "ringing", at)}).to_string();
        let timestamp = (app.clock.millis() / 1000).to_string();
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(b"signing-secret").unwrap();
        mac.update(format!("msg_1.{timestamp}.{body}").as_bytes());
        let signature = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            mac.finalize().into_bytes(),
        );
        app.post(VAPI)
            .header("webhook-id", "msg_1")
            .header("webhook-timestamp", &timestamp)
            .header("webhook-signature", &format!("v1,{signature}"))
            .header("content-type", "application/json")
            .body(body)
    };
    assert_eq!(say(1).await.body["duplicate"], Value::Null);
    assert_eq!(
        say(2).await.body["duplicate"],
        true,
        "the same delivery, whatever it says"
    );
    app.finish().await;
}

#[tokio::test]
async fn of_many_at_once_one_is_the_first() {
    let app = TestApp::spawn().await;
    let body = json!({"message": status("v1", "ringing", 1)});
    let answers =
        futures_util::future::join_all((0..32).map(|_| app.say(VAPI, &body).into_future())).await;
    let first = answers
        .iter()
        .filter(|answer| answer.body["duplicate"] == Value::Null);
    assert_eq!(first.count(), 1);
    assert_eq!(app.kinds_told_of("v1").await.len(), 1);
    app.finish().await;
}
