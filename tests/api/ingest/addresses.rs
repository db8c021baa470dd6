//! Any body, at any address, answered as the address answers.

use super::*;

fn fixtures() -> Vec<(String, Value)> {
    let folder = std::fs::read_dir("tests/fixtures/vapi").unwrap();
    let messages = folder.filter_map(|file| {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let body: Value = serde_json::from_str(&text).ok()?;
        body.get("message")
            .and_then(|message| message.get("type"))?;
        Some((path.display().to_string(), body))
    });
    messages.collect()
}

#[tokio::test]
async fn every_message_of_vapis_is_taken_at_every_address() {
    let app = TestApp::spawn().await;
    let fixtures = fixtures();
    assert!(fixtures.len() >= 4, "the fixtures are gone");
    for (name, body) in fixtures {
        for address in ADDRESSES {
            let answer = app.say(address, &body).await;
            assert_eq!(answer.status, 200, "{name} at {address}: {answer:?}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn each_address_answers_in_its_own_shape() {
    let app = TestApp::spawn().await;
    let answers = [
        (WEBHOOKS, json!({"success": true, "callId": "v0"})),
        (SESSIONS, json!({"received": true})),
        (
            VAPI,
            json!({"success": true, "message": "Webhook processed: status-update", "callId": "v2"}),
        ),
        (
            VAPI_WEBHOOKS,
            json!({"success": true, "message": "Webhook processed: status-update", "callId": "v3"}),
        ),
    ];
    for (at, (address, expected)) in answers.into_iter().enumerate() {
        let body = json!({"message": status(&format!("v{at}"), "ringing", 1)});
        assert_eq!(app.say(address, &body).await.body, expected, "{address}");
    }
    app.finish().await;
}

#[tokio::test]
async fn questions_of_vapis_get_vapis_own_answers_everywhere() {
    let app = TestApp::with(&[("VAPI_ASSISTANT_ID", "asst-1")]).await;
    let call = json!({"id": "v1"});
    let asked = [
        (
            json!({"type": "tool-calls", "call": call, "toolCallList": [{"id": "t1", "name": "nobody_knows", "arguments": {}}]}),
            json!({"results": [{"toolCallId": "t1", "name": "nobody_knows", "error": "Unknown function: nobody_knows"}]}),
        ),
        (
            json!({"type": "function-call", "call": call, "functionCall": {"name": "nobody_knows", "parameters": {}}}),
            json!({"result": "{\"error\":\"Unknown function: nobody_knows\"}"}),
        ),
        (
            json!({"type": "assistant-request", "call": call}),
            json!({"assistantId": "asst-1"}),
        ),
        (
            json!({"type": "knowledge-base-request", "call": call}),
            json!({"documents": []}),
        ),
        (
            json!({"type": "campaign.predial", "campaignId": "c"}),
            json!({"eligible": false}),
        ),
    ];
    for address in ADDRESSES {
        for (message, answer) in &asked {
            let answered = app.say(address, &json!({ "message": message })).await;
            assert_eq!(
                (answered.status, &answered.body),
                (200, answer),
                "{address} {message}"
            );
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_request_for_sound_is_answered_with_silence() {
    let app = TestApp::spawn().await;
    let wanted =
        json!({"type": "voice-request", "text": "Hi", "sampleRate": 24_000, "call": {"id": "v1"}});
    assert_eq!(
        app.hears(wanted).await.text,
        "",
        "JSON would be played as noise"
    );
    app.finish().await;
}

#[tokio::test]
async fn an_inbound_call_without_an_assistant_hears_an_apology() {
    let app = TestApp::spawn().await;
    let answered = app
        .hears(json!({"type": "assistant-request", "call": {"id": "v1"}}))
        .await;
    assert!(
        answered.body["error"]
            .as_str()
            .is_some_and(|spoken| !spoken.is_empty()),
        "{answered:?}"
    );
    app.finish().await;
}

#[tokio::test]
async fn what_is_not_understood_is_told_where_and_leaves_nothing() {
    let app = TestApp::spawn().await;
    let bodies = [
        "",
        "{",
        "[]",
        "null",
        "{}",
        r#"{"message":{}}"#,
        r#"{"message":{"type":"status-update","status":"ended"}}"#,
    ];
    for address in ADDRESSES {
        for body in bodies {
            let refused = app
                .post(address)
                .header("x-vapi-secret", "a-shared-secret")
                .body(body)
                .await;
            refused.assert_refused(400, "INVALID_REQUEST");
            assert!(
                refused.body["details"][0]["message"].is_string(),
                "{refused:?}"
            );
        }
    }
    assert_eq!(
        call_events::Entity::find()
            .all(app.app.db.read())
            .await
            .unwrap()
            .len(),
        0
    );
    app.finish().await;
}

#[tokio::test]
async fn histories_of_megabytes_are_taken_and_more_than_the_limit_is_not() {
    let app = TestApp::with(&[("RINGBACK_MAX_BODY", "3MiB")]).await;
    let of = |bytes: usize| json!({"message": {"type": "conversation-update", "call": {"id": "v1"}, "conversation": "x".repeat(bytes)}});
    assert_eq!(app.say(VAPI, &of(2 << 20)).await.status, 200);
    app.say(VAPI, &of(3 << 20))
        .await
        .assert_refused(413, "PAYLOAD_TOO_LARGE");
    app.finish().await;
}

#[tokio::test]
async fn what_is_odd_is_counted_by_its_reason() {
    let app = TestApp::spawn().await;
    app.hears(json!({"type": "brand.new", "call": {"id": "v1"}}))
        .await;
    let error = json!({"type": "error", "data": {"callId": "v1", "message": "microphone lost"}});
    assert_eq!(app.say(SESSIONS, &error).await.status, 200);
    for body in [
        "{",
        "{}",
        r#"{"message":{}}"#,
        r#"{"message":{"type":"hang"}}"#,
    ] {
        app.post(VAPI)
            .header("x-vapi-secret", "a-shared-secret")
            .body(body)
            .await
            .assert_refused(400, "INVALID_REQUEST");
    }
    let metrics = app.get("/metrics").await.text;
    let counted = ["not_json", "no_shape", "no_type", "no_call"]
        .map(|reason| format!("ringback_ingest_not_understood_total{{reason=\"{reason}\"}}"));
    for line in counted.iter().map(String::as_str).chain([
        "ringback_ingest_unknown_types_total 1",
        "ringback_session_errors_total 1",
    ]) {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    app.finish().await;
}
