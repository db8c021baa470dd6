//! The bodies that our users wrote down, sent as they stand, each to the
//! address it was written for.

use super::*;

#[tokio::test]
async fn a_call_and_what_happened_to_it() {
    let app = TestApp::spawn().await;
    let steps = [
        ("call.started", CallStatus::Queued),
        ("call.ringing", CallStatus::Ringing),
        ("call.answered", CallStatus::InProgress),
    ];
    for (kind, expected) in steps {
        let body = json!({"type": kind, "call": {"id": "c1"}});
        let answer = app
            .post(WEBHOOKS)
            .header("x-webhook-secret", "a-shared-secret")
            .json(&body)
            .await;
        assert_eq!((answer.status, &answer.body["callId"]), (200, &json!("c1")));
        assert_eq!(app.call("c1").await.status, expected, "{kind}");
    }
    let end = json!({"type": "call.ended", "call": {
        "id": "c1", "status": "ended", "endedAt": "2026-01-05T09:00:00Z", "endedReason": "customer-ended-call",
        "cost": 0.12, "recordingUrl": "https://example.com/r.wav", "transcript": "AI: Hi.",
    }});
    app.post(WEBHOOKS)
        .header("x-webhook-secret", "a-shared-secret")
        .json(&end)
        .await;
    let call = app.call("c1").await;
    assert_eq!(call.status, CallStatus::Ended);
    let told = app.told_of(&call).await;
    let completed = told.last().unwrap();
    assert_eq!(
        completed.kind, "call.completed",
        "the end carries its results"
    );
    assert_eq!(
        (
            &completed.payload["data"]["cost"],
            &completed.payload["data"]["transcript"]
        ),
        (&json!(0.12), &json!("AI: Hi."))
    );
    app.finish().await;
}

#[tokio::test]
async fn a_session_and_what_was_said_in_it() {
    let app = TestApp::with(&[("VAPI_WEBHOOK_SECRET", "your_webhook_secret_here")]).await;
    let say = |body: &Value| {
        let text = body.to_string();
        app.post(SESSIONS)
            .header(
                "x-vapi-signature",
                &hmac_hex("your_webhook_secret_here", &text),
            )
            .body(text)
    };
    let spoken = json!({"type": "message", "data": {
        "callId": "test-call-123", "role": "assistant", "transcript": "Hello, how can I help you today?", "timestamp": 1_767_603_480_000_i64,
    }});
    let answer = say(&spoken).await;
    assert_eq!(
        (answer.status, answer.body),
        (200, json!({"received": true}))
    );
    let function = json!({"type": "function-call", "data": {"callId": "test-call-123", "functionCall": {"name": "lookup_order", "parameters": {"id": 7}}}});
    let answer = say(&function).await;
    assert_eq!(
        (answer.status, &answer.body["received"]),
        (200, &json!(true))
    );
    assert_eq!(
        answer.body["result"],
        "{\"error\":\"Unknown function: lookup_order\"}"
    );
    let error =
        json!({"type": "error", "data": {"callId": "test-call-123", "message": "microphone lost"}});
    assert_eq!(say(&error).await.status, 200);
    assert_eq!(
        app.call("test-call-123").await.status,
        CallStatus::InProgress,
        "an error is no end"
    );
    let end = json!({"type": "call-end", "data": {"id": "test-call-123", "status": "ended", "callStatus": "ended"}});
    assert_eq!(say(&end).await.status, 200);
    let call = app.call("test-call-123").await;
    assert_eq!(call.status, CallStatus::Ended);
    assert_eq!(app.log_of(&call).await.len(), 4);
    app.finish().await;
}

#[tokio::test]
async fn a_report_whose_results_stand_on_the_call() {
    let app = TestApp::spawn().await;
    let body = json!({"message": {"type": "end-of-call-report", "call": {
        "id": "test_call_123", "status": "ended", "endedReason": "customer-ended-call", "transcript": "Test transcript",
        "summary": "Test summary", "cost": 0.25,
        "metadata": {"providerName": "Test Provider", "providerPhone": "+15551234567"},
    }}});
    let answer = app.say(VAPI, &body).await;
    let expected = json!({"success": true, "message": "Webhook processed and cached successfully", "callId": "test_call_123"});
    assert_eq!((answer.status, answer.body), (200, expected));
    let call = app.call("test_call_123").await;
    let told = app.told_of(&call).await;
    let data = &told.last().unwrap().payload["data"];
    assert_eq!(
        (&data["transcript"], &data["analysis"]["summary"]),
        (&json!("Test transcript"), &json!("Test summary"))
    );
    assert_eq!(data["provider"]["name"], "Test Provider");
    app.finish().await;
}

#[tokio::test]
async fn a_report_with_a_customer_and_structured_data() {
    let app = TestApp::spawn().await;
    let body = json!({"message": {"type": "end-of-call-report", "call": {
        "id": "test-call-123", "status": "ended", "endedReason": "assistant-ended-call", "customer": {"number": "+18641234567"},
        "startedAt": "2025-01-08T12:00:00Z", "endedAt": "2025-01-08T12:05:00Z", "transcript": "Test transcript",
        "analysis": {"summary": "Test summary", "structuredData": {"availability": "available", "estimated_rate": "$100/hour"}},
    }}});
    let answer = app.say(VAPI_WEBHOOKS, &body).await;
    assert_eq!(
        (answer.status, &answer.body["success"]),
        (200, &json!(true))
    );
    assert_eq!(
        answer.body["message"],
        "Webhook processed: end-of-call-report"
    );
    let call = app.call("test-call-123").await;
    let told = app.told_of(&call).await;
    let data = &told.last().unwrap().payload["data"];
    assert_eq!(
        (&data["duration"], &data["status"]),
        (&json!(5), &json!("completed"))
    );
    assert_eq!(
        data["analysis"]["structuredData"]["estimated_rate"],
        "$100/hour"
    );
    let index = app.app.seal.index("phone", "+18641234567");
    assert_eq!(call.phone_index.as_deref(), Some(&index[..]));
    app.finish().await;
}

fn hmac_hex(secret: &str, body: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}
