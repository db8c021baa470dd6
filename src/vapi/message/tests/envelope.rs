//! What Vapi itself sends.

use entity::calls::{CallStatus, Outcome};
use serde_json::{Value, json};

use super::{super::*, envelope, fixture, understood};

#[test]
fn a_report_of_vapis_brings_everything() {
    let message = understand(fixture!("end-of-call-report")).unwrap();
    assert_eq!(
        (message.shape, message.kind.as_str()),
        (Shape::Envelope, "end-of-call-report")
    );
    assert_eq!(message.occurred_at, Some(1_763_567_291_544));
    assert_eq!(message.status(), Some(CallStatus::Ended));
    assert_eq!(message.end().unwrap().outcome, Outcome::Completed);

    let call = message.call.as_ref().unwrap();
    assert_eq!(call.vapi_id, "019a9ccb-ea3e-777e-924a-d4c8f7483d58");
    assert!(call.is_outbound() && !call.is_web());
    assert_eq!(call.customer_number.as_deref(), Some("+14155550123"));
    assert_eq!(call.customer_name.as_deref(), Some("Ace Plumbing"));
    assert_eq!(call.request_id.as_deref(), Some("req_01J8"));
    assert_eq!(call.metadata["tenantId"], "t_42");
    assert_eq!(call.assistant_name.as_deref(), Some("provider-screener"));
    assert_eq!(
        (call.started_at, call.ended_at),
        (Some(1_763_567_214_894), Some(1_763_567_285_713))
    );

    let results = message.results.unwrap();
    assert!(results.transcript.as_ref().unwrap().starts_with("AI: Hi"));
    assert_eq!((results.messages.len(), results.lines().len()), (5, 2));
    assert_eq!(results.lines()[1].at, Some(1_763_567_223_021));
    assert_eq!(
        results.structured_data.as_ref().unwrap()["disqualified"],
        true
    );
    assert_eq!(results.success_evaluation.as_deref(), Some("true"));
    assert_eq!(
        (results.cost, results.duration_millis),
        (Some(0.1042), Some(70_819))
    );
    assert!(results.presigned_recording_url.is_some() && results.recording_url.is_some());
}

#[test]
fn the_status_of_the_message_wins_over_that_of_its_call() {
    let going = understand(fixture!("status-update.in-progress")).unwrap();
    assert_eq!(going.said, Said::Status(CallStatus::InProgress));
    assert_eq!(going.results, None);

    let ended = understand(fixture!("status-update.ended")).unwrap();
    let end = ended.end().unwrap();
    assert_eq!((end.outcome, end.retryable), (Outcome::Failed, true));
    assert_eq!(ended.status(), Some(CallStatus::Failed));
    assert_eq!(ended.call.unwrap().request_id.as_deref(), Some("req_01J9"));
}

#[test]
fn a_running_artifact_is_no_result() {
    let artifact = json!({"transcript": "AI: Hi", "messages": [{"role": "user", "message": "Hi"}]});
    let body = envelope(
        "status-update",
        json!({"status": "ended", "artifact": artifact}),
    );
    assert_eq!(understood(&body).results, None);
}

#[test]
fn a_tool_call_of_vapis_is_read() {
    let message = understand(fixture!("tool-calls.request")).unwrap();
    let expected = ToolCall {
        id: Some("call_mo4fzh29P7jhXSaIKn7Pkq1Y".to_owned()),
        name: "check_provider".to_owned(),
        parameters: json!({"phone": "+14155550123"}),
    };
    assert_eq!(message.said, Said::ToolCalls(vec![expected]));
}

#[test]
fn every_type_of_vapis_is_taken() {
    for kind in [
        "conversation-update",
        "speech-update",
        "hang",
        "user-interrupted",
        "assistant.started",
        "model-output",
        "voice-input",
        "assistant.speechStarted",
        "transfer-update",
        "language-change-detected",
        "phone-call-control",
        "call.deleted",
        "call.delete.failed",
        "call.artifact.upload",
        "chat.created",
        "session.updated",
        "campaign.started",
        "contact.predial-failed",
        "campaign.job.continued",
        "something.of.tomorrow",
    ] {
        let message = understood(&envelope(
            kind,
            json!({"status": "stopped", "new": {"field": 1}}),
        ));
        assert_eq!((message.said, message.kind.as_str()), (Said::Other, kind));
        let kept: Value = serde_json::from_slice(&message.payload).unwrap();
        assert_eq!(kept["message"]["new"]["field"], 1, "{kind}");
    }
    for status in ["not-found", "deletion-failed", "tomorrow"] {
        let message = understood(&envelope("status-update", json!({"status": status})));
        assert_eq!(message.said, Said::Other, "{status}");
    }
}

#[test]
fn what_vapi_waits_on_has_an_answer() {
    for kind in [
        "transfer-destination-request",
        "handoff-destination-request",
        "knowledge-base-request",
        "campaign.predial",
        "call.endpointing.request",
    ] {
        let message = understood(&json!({"message": {"type": kind}}));
        assert!(
            matches!(message.said, Said::Request { cannot: Some(_) }),
            "{kind}"
        );
    }
    let voice = understood(&json!({"message": {"type": "voice-request", "text": "Hi"}}));
    assert_eq!(voice.said, Said::Request { cannot: None });
    let asked =
        understood(&json!({"message": {"type": "assistant-request", "call": {"id": "c1"}}}));
    assert_eq!(asked.said, Said::AssistantRequest);
}

#[test]
fn a_transcript_is_final_or_not() {
    let finality = |kind: &str, fields: Value| match understood(&envelope(kind, fields)).said {
        Said::Transcript { line, is_final } => Some((line.role, is_final)),
        _ => None,
    };
    let fields =
        |finality: Value| json!({"role": "bot", "transcriptType": finality, "transcript": "Hi"});
    let literal = r#"transcript[transcriptType="final"]"#;
    let bot = |is_final| Some((Role::Assistant, is_final));
    assert_eq!(finality("transcript", fields(json!("partial"))), bot(false));
    assert_eq!(finality("transcript", fields(json!("final"))), bot(true));
    assert_eq!(finality(literal, fields(json!(null))), bot(true));
    assert_eq!(finality(literal, json!({"transcript": " "})), None);
}
