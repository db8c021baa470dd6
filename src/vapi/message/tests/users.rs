//! The bodies that our users' own documents show.

use entity::calls::CallStatus;
use serde_json::{Value, json};

use super::{super::*, understood};

#[test]
fn a_call_and_what_happened_to_it() {
    for (kind, status) in [
        ("call.queued", Some(CallStatus::Queued)),
        ("call.started", Some(CallStatus::Queued)),
        ("call.ringing", Some(CallStatus::Ringing)),
        ("call.answered", Some(CallStatus::InProgress)),
        ("call.ended", Some(CallStatus::Ended)),
        ("call.failed", Some(CallStatus::Failed)),
        ("call.timeout", Some(CallStatus::Timeout)),
        ("call.exploded", None),
    ] {
        let message = understood(&json!({"type": kind, "call": {"id": "c1", "status": "ended"}}));
        assert_eq!(
            (message.status(), message.results),
            (status, None),
            "{kind}"
        );
        assert_eq!(message.shape, Shape::Call);
    }
    let message = understood(&json!({"type": "call.ended", "call": {
        "id": "c1", "status": "ended", "endedAt": "2025-01-15T10:05:30Z",
        "endedReason": "manually-canceled", "cost": 0.45,
        "recordingUrl": "https://example.com/r.wav", "transcript": "AI: Hello",
    }}));
    assert_eq!(message.status(), Some(CallStatus::Canceled));
    assert_eq!(message.call.unwrap().ended_at, Some(1_736_935_530_000));
    let results = message.results.unwrap();
    assert_eq!(results.transcript.as_deref(), Some("AI: Hello"));
    assert_eq!(
        results.recording_url.as_deref(),
        Some("https://example.com/r.wav")
    );
    assert_eq!(results.cost, Some(0.45));
}

#[test]
fn a_session_and_what_was_said_in_it() {
    let message = understood(&json!({"type": "message", "data": {
        "callId": "test-call-123", "role": "assistant",
        "transcript": "Hello, how can I help you today?", "timestamp": 1_736_935_200_000_i64,
    }}));
    let line = Line {
        role: Role::Assistant,
        text: "Hello, how can I help you today?".to_owned(),
        at: Some(1_736_935_200_000),
    };
    assert_eq!(
        message.said,
        Said::Transcript {
            line,
            is_final: true
        }
    );
    assert_eq!(message.first_status(), CallStatus::InProgress);
    assert_eq!(
        (message.results, message.call.unwrap().vapi_id.as_str()),
        (None, "test-call-123")
    );

    let data = json!({"id": "s1", "status": "ended", "callStatus": "completed"});
    let ended = understood(&json!({"type": "call-end", "data": data}));
    assert_eq!(
        (ended.status(), ended.results),
        (Some(CallStatus::Ended), None)
    );
    assert_eq!(ended.call.unwrap().vapi_id, "s1");

    let function = json!({"name": "lookup_patient_info", "parameters": {"id": 7, "password": "p"}});
    let called = understood(
        &json!({"type": "function-call", "data": {"callId": "s1", "functionCall": function}}),
    );
    let expected = ToolCall {
        id: None,
        name: "lookup_patient_info".to_owned(),
        parameters: json!({"id": 7, "password": "p"}),
    };
    assert_eq!(called.said, Said::FunctionCall(expected));

    let error = understood(
        &json!({"type": "error", "data": {"callId": "s1", "error": {"message": "no sound"}}}),
    );
    assert_eq!(
        error.said,
        Said::Error {
            message: Some("no sound".to_owned())
        }
    );
    assert_eq!(
        (error.status(), error.first_status()),
        (None, CallStatus::Queued)
    );

    let unknown = understood(&json!({"type": "mood", "data": {"callId": "s1"}}));
    assert_eq!(
        (unknown.said, unknown.call.unwrap().vapi_id.as_str()),
        (Said::Other, "s1")
    );
}

#[test]
fn a_report_may_have_its_results_on_the_call() {
    let metadata = json!({"providerName": "Joe's Plumbing", "providerPhone": "+15551234567",
        "serviceNeeded": "plumbing", "location": "Greenville, SC", "userCriteria": "Need same-day service"});
    let full = json!({
        "id": "call_abc123", "status": "ended", "endedReason": "customer-ended-call",
        "transcript": "AI: Hello...\nCustomer: Hi...", "summary": "Customer inquiry about pricing",
        "cost": 0.45, "startedAt": "2025-01-15T10:00:00Z", "endedAt": "2025-01-15T10:05:30Z",
        "analysis": {"summary": "Customer confirmed availability", "structuredData": {
            "availability": "available", "estimated_rate": "$100/hour", "recommended": true}},
        "metadata": metadata.clone(),
    });
    let message = understood(&json!({"message": {"type": "end-of-call-report", "call": full}}));
    assert_eq!(
        message.end().unwrap().reason.as_deref(),
        Some("customer-ended-call")
    );
    let results = message.results.unwrap();
    assert_eq!(
        results.summary.as_deref(),
        Some("Customer confirmed availability")
    );
    assert_eq!(results.structured_data.unwrap()["recommended"], true);
    assert_eq!(
        (results.cost, results.duration_millis),
        (Some(0.45), Some(330_000))
    );
    assert_eq!(Value::Object(message.call.unwrap().metadata), metadata);

    let short = json!({"id": "test_call_123", "status": "ended", "endedReason": "customer-ended-call",
        "transcript": "Test transcript", "summary": "Test summary", "cost": 0.25,
        "metadata": {"providerName": "Test Provider", "providerPhone": "+15551234567"}});
    let results =
        understood(&json!({"message": {"type": "end-of-call-report", "call": short}})).results;
    assert_eq!(results.unwrap().summary.as_deref(), Some("Test summary"));

    let with_customer = json!({"id": "test-call-123", "status": "ended", "endedReason": "assistant-ended-call",
        "customer": {"number": "+18641234567"}, "startedAt": "2025-01-08T12:00:00Z",
        "endedAt": "2025-01-08T12:05:00Z", "transcript": "Test transcript",
        "analysis": {"summary": "Test summary",
            "structuredData": {"availability": "available", "estimated_rate": "$100/hour"}}});
    let message =
        understood(&json!({"message": {"type": "end-of-call-report", "call": with_customer}}));
    assert_eq!(
        message.call.unwrap().customer_number.as_deref(),
        Some("+18641234567")
    );
    assert_eq!(message.results.unwrap().duration_millis, Some(300_000));

    let on_call =
        json!({"message": {"type": "status-update", "call": {"id": "c1", "status": "ringing"}}});
    assert_eq!(understood(&on_call).said, Said::Status(CallStatus::Ringing));
}
