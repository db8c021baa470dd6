//! Made from all that may be reported, from nothing, and from what lies between.

use super::*;

const TEN: Millis = 1_736_935_200_000;

fn metadata(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

fn ended(outcome: Outcome, metadata: &Map<String, Value>) -> Facts<'_> {
    Facts {
        call_id: "call_abc123",
        outcome,
        retryable: false,
        ended_reason: None,
        started_at: None,
        ended_at: None,
        metadata,
    }
}

fn result(call: &Facts, results: &Results) -> Value {
    Value::Object(CallResult::of(call, results).fields())
}

#[test]
fn a_reported_call_has_all_that_was_reported() {
    let metadata = metadata(json!({
        "providerName": "Joe's Plumbing", "providerPhone": 15_551_234_567_u64, "serviceNeeded": "plumbing",
        "location": "Greenville, SC", "userCriteria": "Need same-day service", "urgency": "immediate",
    }));
    let call = Facts {
        ended_reason: Some("customer-ended-call"),
        started_at: Some(TEN),
        ended_at: Some(TEN + 1),
        ..ended(Outcome::Completed, &metadata)
    };
    let results = Results {
        transcript: Some("AI: Hello...\nCustomer: Hi...".to_owned()),
        summary: Some("Customer confirmed availability".to_owned()),
        structured_data: Some(json!({"availability": "available"})),
        success_evaluation: Some("successful".to_owned()),
        cost: Some(0.45),
        recording_url: Some("https://a".to_owned()),
        presigned_recording_url: Some("https://b".to_owned()),
        ended_at: Some(TEN + 330_000),
        ..Results::default()
    };
    let expected = json!({
        "status": "completed",
        "callId": "call_abc123",
        "callMethod": "direct_vapi",
        "duration": 5.5,
        "endedReason": "customer-ended-call",
        "transcript": "AI: Hello...\nCustomer: Hi...",
        "analysis": {
            "summary": "Customer confirmed availability",
            "structuredData": {"availability": "available"},
            "successEvaluation": "successful",
        },
        "provider": {
            "name": "Joe's Plumbing",
            "phone": "15551234567",
            "service": "plumbing",
            "location": "Greenville, SC",
        },
        "request": {"criteria": "Need same-day service", "urgency": "immediate"},
        "cost": 0.45,
        "recordingUrl": "https://a",
        "startedAt": "2025-01-15T10:00:00.000Z",
        "endedAt": "2025-01-15T10:05:30.000Z",
    });
    assert_eq!(result(&call, &results), expected);
}

#[test]
fn what_is_not_known_is_empty_and_money_addresses_and_times_are_null() {
    let metadata = metadata(json!({"providerName": null, "location": ["here"]}));
    let expected = json!({
        "status": "timeout",
        "callId": "call_abc123",
        "callMethod": "direct_vapi",
        "duration": 0.0,
        "endedReason": "",
        "transcript": "",
        "analysis": {"summary": "", "structuredData": {}, "successEvaluation": ""},
        "provider": {"name": "", "phone": "", "service": "", "location": ""},
        "request": {"criteria": "", "urgency": ""},
        "cost": null,
        "recordingUrl": null,
        "startedAt": null,
        "endedAt": null,
    });
    let call = ended(Outcome::Timeout, &metadata);
    assert_eq!(result(&call, &Results::default()), expected);
}

#[test]
fn each_outcome_has_its_word() {
    let nothing = Map::new();
    for (outcome, word) in [
        (Outcome::Completed, "completed"),
        (Outcome::NoContact, "no_answer"),
        (Outcome::Failed, "failed"),
        (Outcome::Canceled, "canceled"),
        (Outcome::Timeout, "timeout"),
    ] {
        let result = result(&ended(outcome, &nothing), &Results::default());
        assert_eq!(result["status"], word);
    }
}

#[test]
fn the_duration_is_in_minutes_to_the_hundredth() {
    for (duration, started_at, ended_at, expected) in [
        (Some(70_819), None, None, 1.18),
        (Some(0), Some(TEN), Some(TEN + 60_000), 0.0),
        (None, Some(TEN), Some(TEN + 60_000), 1.0),
        (None, Some(TEN), Some(TEN - 60_000), 0.0),
        (None, Some(-1), Some(Millis::MAX), 153_722_867_280_912.94),
        (None, Some(TEN), None, 0.0),
    ] {
        assert_eq!(minutes(duration, started_at, ended_at), expected);
    }
}

#[test]
fn a_transcript_that_is_missing_is_made_of_the_messages() {
    let results = Results {
        messages: vec![
            json!({"role": "system", "message": "Be brief."}),
            json!({"role": "bot", "message": "Hello?"}),
            json!({"role": "user", "message": "Hi."}),
        ],
        ..Results::default()
    };
    assert_eq!(transcript(&results), "AI: Hello?\nUser: Hi.");
}

#[test]
fn a_recording_that_only_presigned_addresses_open_is_shown_by_one() {
    let results = Results {
        presigned_recording_url: Some("https://b".to_owned()),
        structured_outputs: Some(json!({"1": {"result": true}})),
        ..Results::default()
    };
    let nothing = Map::new();
    let result = result(&ended(Outcome::Completed, &nothing), &results);
    assert_eq!(result["recordingUrl"], "https://b");
    assert_eq!(
        result["analysis"]["structuredOutputs"],
        json!({"1": {"result": true}})
    );
}

#[test]
fn an_event_also_tells_the_outcome_and_whether_to_try_again() {
    let nothing = Map::new();
    let call = Facts {
        retryable: true,
        ended_reason: Some("customer-busy"),
        ..ended(Outcome::NoContact, &nothing)
    };
    let told = CallResult::of(&call, &Results::default()).told(&call);
    assert_eq!(told["status"], "no_answer");
    assert_eq!(told["outcome"], "no_contact");
    assert_eq!(told["endedReason"], "customer-busy");
    assert_eq!(told["retryable"], true);
}
