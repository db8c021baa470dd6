//! The same event is the same, and another one is another.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::vapi::message::understand;

fn identity(message: Value) -> Vec<u8> {
    let body = json!({"message": message}).to_string();
    of_event(&understand(body.as_bytes()).unwrap(), body.as_bytes())
}

/// Changes a field and tells whether the event is still taken for the same.
fn is_same_with(message: &Value, field: &str, value: Value) -> bool {
    let mut other = message.clone();
    *other.pointer_mut(field).unwrap() = value;
    identity(message.clone()) == identity(other)
}

#[test]
fn a_report_is_told_by_what_it_brings() {
    let report = json!({
        "type": "end-of-call-report", "timestamp": 1_763_567_291_544_i64, "new": 1,
        "artifact": {
            "transcript": "AI: Hi", "presignedMonoUrl": "https://a?X-Amz-Signature=1",
            "presignedUrlsExpiresAt": "2025-11-19T16:48:11.000Z",
            "recording": {"mono": {"combinedUrl": "https://a/b.wav?X-Amz-Signature=1"}},
        },
        "call": {"id": "c1", "updatedAt": "2025-11-19T15:46:40.190Z"},
    });
    let same = |field, value| is_same_with(&report, field, value);
    assert!(same("/timestamp", json!(1_763_567_299_999_i64)));
    assert!(same("/new", json!(2)));
    assert!(same(
        "/artifact/presignedMonoUrl",
        json!("https://a?X-Amz-Signature=2")
    ));
    assert!(same(
        "/artifact/presignedUrlsExpiresAt",
        json!("2025-11-19T17:48:11.000Z")
    ));
    assert!(same(
        "/artifact/recording/mono/combinedUrl",
        json!("https://a/b.wav?X-Amz-Signature=2")
    ));
    assert!(!same("/artifact/transcript", json!("AI: Hi\nUser: Hello")));
    assert!(!same("/call/id", json!("c2")));
}

#[test]
fn a_status_is_told_by_its_moment() {
    let update = json!({
        "type": "status-update", "status": "in-progress", "timestamp": 1_763_567_214_801_i64,
        "artifact": {"messages": []}, "call": {"id": "c1"},
    });
    let same = |field, value| is_same_with(&update, field, value);
    assert!(same("/artifact", json!({"messages": [{"role": "bot"}]})));
    assert!(!same("/timestamp", json!(1_763_567_214_802_i64)));
    assert!(!same("/status", json!("ringing")));
    assert!(!same("/call/id", json!("c2")));
}

#[test]
fn an_end_that_brings_more_is_another() {
    let end = |call: Value| {
        let body = json!({"type": "call.ended", "call": call}).to_string();
        of_event(&understand(body.as_bytes()).unwrap(), body.as_bytes())
    };
    let bare = end(json!({"id": "c1"}));
    assert_eq!(bare, end(json!({"id": "c1", "updatedAt": "later"})));
    assert_ne!(bare, end(json!({"id": "c1", "transcript": "AI: Hi"})));
}

#[test]
fn a_line_is_told_by_speaker_moment_and_words() {
    let line = json!({
        "type": "transcript", "transcriptType": "final", "role": "user", "transcript": "Yes.",
        "timestamp": 1_763_567_223_021_i64, "turn": 1, "call": {"id": "c1"},
    });
    let same = |field, value| is_same_with(&line, field, value);
    assert!(same("/turn", json!(2)));
    assert!(!same("/transcriptType", json!("partial")));
    assert!(!same("/role", json!("bot")));
    assert!(!same("/transcript", json!("No.")));
    assert!(!same("/timestamp", json!(1_763_567_223_022_i64)));
    let mut timeless = line.clone();
    timeless["timestamp"] = json!(null);
    assert!(
        !is_same_with(&timeless, "/turn", json!(2)),
        "then only the body can tell"
    );
}

#[test]
fn tool_calls_are_told_by_their_ids() {
    let calls = json!({
        "type": "tool-calls", "timestamp": 1, "call": {"id": "c1"},
        "toolCallList": [{"id": "a", "name": "x"}, {"id": "b", "name": "y"}],
    });
    assert!(is_same_with(&calls, "/timestamp", json!(2)));
    assert!(!is_same_with(&calls, "/toolCallList/1/id", json!("c")));
    assert!(!is_same_with(&calls, "/call/id", json!("c2")));
    assert_ne!(of_tool_call("c1", "a"), of_tool_call("c2", "a"));
    let nameless =
        json!({"type": "tool-calls", "n": 1, "call": {"id": "c1"}, "toolCallList": [{}]});
    assert!(
        !is_same_with(&nameless, "/n", json!(2)),
        "without ids only the body can tell"
    );
}

#[test]
fn all_else_is_told_by_its_body() {
    for kind in ["hang", "function-call", "campaign.started", "something.new"] {
        let message = json!({"type": kind, "n": 1, "call": {"id": "c1"}});
        assert_eq!(identity(message.clone()), identity(message.clone()));
        assert!(!is_same_with(&message, "/n", json!(2)), "{kind}");
    }
}

proptest! {
    #[test]
    fn no_two_lists_are_spelled_alike(
        one in prop::collection::vec(any::<Option<Vec<u8>>>(), 0..4),
        other in prop::collection::vec(any::<Option<Vec<u8>>>(), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let spell = |parts: &[Option<Vec<u8>>]| spelled("kind", parts.iter().map(Option::as_deref));
        prop_assert_eq!(spell(&one) == spell(&other), one == other);
        // The same bytes, divided in another place.
        let bytes: Vec<u8> = one.iter().flatten().flatten().copied().collect();
        let (head, tail) = bytes.split_at(cut.index(bytes.len() + 1));
        let divided = [Some(head.to_vec()), Some(tail.to_vec())];
        prop_assert_eq!(spell(&one) == spell(&divided), one == divided);
        let (a, b) = (String::from_utf8_lossy(head), String::from_utf8_lossy(tail));
        prop_assert_ne!(of_tool_call(&a, &b), of_webhook_id(&format!("{a}{b}")));
    }
}
