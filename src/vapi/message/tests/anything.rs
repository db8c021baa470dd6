//! Whatever comes, nothing panics, and the same body is understood the same way.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::*;

/// Names and words that mean something to us, so that chance builds more than nonsense.
const NAMES: &[&str] = &[
    "message",
    "type",
    "call",
    "data",
    "id",
    "callId",
    "status",
    "endedReason",
    "timestamp",
    "artifact",
    "analysis",
    "messages",
    "role",
    "transcript",
    "toolCallList",
    "function",
    "arguments",
    "metadata",
    "ownerId",
    "requestId",
    "structuredOutputs",
    "startedAt",
    "customer",
];

const WORDS: &[&str] = &[
    "status-update",
    "end-of-call-report",
    "tool-calls",
    "function-call",
    "transcript",
    "message",
    "call-end",
    "call.ended",
    "ended",
    "silence-timed-out",
    "user",
    "bot",
    "c1",
    "2025-01-15T10:00:00Z",
    "{\"a\":1}",
    "\0",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        prop::sample::select(WORDS).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        Just(Value::Null),
    ];
    let object = |inner: BoxedStrategy<Value>| {
        prop::collection::btree_map(
            prop::sample::select(NAMES).prop_map(str::to_owned),
            inner,
            0..8,
        )
        .prop_map(|fields| Value::Object(fields.into_iter().collect()))
    };
    leaf.prop_recursive(6, 64, 8, move |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from);
        prop_oneof![1 => list, 4 => object(inner.boxed())]
    })
}

proptest! {
    #[test]
    fn any_json_is_understood_the_same_way_or_refused(
        value in any_json(),
        kind in prop::sample::select(&["status-update", "end-of-call-report", "tool-calls", "x"][..]),
    ) {
        let whole = value.to_string();
        prop_assert_eq!(understand(whole.as_bytes()), understand(whole.as_bytes()));
        let mut call = value.as_object().cloned().unwrap_or_default();
        call.insert("id".to_owned(), json!("c1"));
        let inside = json!({"message": {"artifact": value, "call": call, "type": kind}});
        prop_assert!(understand(inside.to_string().as_bytes()).is_ok());
    }

    #[test]
    fn what_is_kept_of_a_body_is_understood_as_the_body_was(
        value in any_json(),
        kind in prop::sample::select(&["status-update", "end-of-call-report", "call-end"][..]),
    ) {
        let body = json!({"message": {"artifact": value, "call": {"id": "c1"}, "type": kind, "analysis": value}});
        let understood = understand(body.to_string().as_bytes()).unwrap();
        prop_assert_eq!(understand(&understood.payload), Ok(understood));
    }

    #[test]
    fn any_bytes_are_understood_or_refused(body in any::<Vec<u8>>()) {
        let _ = understand(&body);
    }
}
