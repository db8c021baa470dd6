//! What an event of the log becomes for the app of whoever speaks: less than
//! subscribers hear, in words that the app knows. Pure.

use entity::calls::CallStatus;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    events::{Kind, status_word},
    infra::clock::rfc3339,
};

/// What of the log a session is told by.
pub(super) const KINDS: [Kind; 4] = [
    Kind::CallStatusChanged,
    Kind::CallTranscript,
    Kind::CallCompleted,
    Kind::CallFailed,
];

/// What an event means to a session.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Meaning {
    /// What is told of it, by kind.
    pub frames: Vec<(&'static str, Value)>,
    /// Nothing is told after it but the summary.
    pub is_end: bool,
}

#[derive(Deserialize)]
struct Payload {
    timestamp: String,
    data: Map<String, Value>,
}

/// Whether a session is over with this event. Of a call that was canceled
/// nothing more is told than that.
pub(super) fn is_end(kind: &str, status: Option<CallStatus>) -> bool {
    match kind.parse() {
        Ok(Kind::CallStatusChanged) => status == Some(CallStatus::Canceled),
        Ok(kind) => Kind::ends_call(kind),
        Err(_) => false,
    }
}

/// Nothing where it means nothing to a session.
pub(super) fn meaning(kind: &str, payload: &[u8]) -> Option<Meaning> {
    let payload: Payload = serde_json::from_slice(payload).ok()?;
    let is_canceled = payload.data.get("status").and_then(Value::as_str)
        == Some(status_word(CallStatus::Canceled));
    let status_then = is_canceled.then_some(CallStatus::Canceled);
    let frames = match kind.parse().ok()? {
        Kind::CallTranscript => vec![("transcript", transcript(&payload))],
        Kind::CallStatusChanged => vec![("status", status(&payload))],
        _ => Vec::new(),
    };
    Some(Meaning {
        frames,
        is_end: is_end(kind, status_then),
    })
}

fn transcript(payload: &Payload) -> Value {
    let spoken_at = payload.data.get("at").and_then(Value::as_i64).map(rfc3339);
    json!({
        "role": payload.data.get("role"),
        "transcript": payload.data.get("text"),
        "timestamp": spoken_at.unwrap_or_else(|| payload.timestamp.clone()),
    })
}

fn status(payload: &Payload) -> Value {
    let field = |name: &str| payload.data.get(name);
    json!({
        "status": field("status"),
        "previousStatus": field("previousStatus"),
        "outcome": field("outcome"),
        "endedReason": field("endedReason"),
        "timestamp": payload.timestamp,
    })
}

/// The last frame's data.
pub(super) fn end(session_id: &str, summary: Map<String, Value>) -> Value {
    json!({"sessionId": session_id, "status": "ended", "summary": summary})
}

/// A frame as it is sent; one without an id tells what the log does not.
pub(super) fn frame(kind: &str, id: Option<&str>, data: &Value) -> String {
    json!({"type": kind, "id": id, "data": data}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: Kind, data: Value) -> Meaning {
        let payload = json!({"id": "evt_1", "timestamp": "2026-01-05T09:00:00.000Z", "data": data});
        meaning(kind.name(), payload.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_line_has_the_time_at_which_it_was_spoken_where_that_is_known() {
        for (at, time) in [
            (json!(0), "1970-01-01T00:00:00.000Z"),
            (Value::Null, "2026-01-05T09:00:00.000Z"),
        ] {
            let line = json!({"role": "user", "text": "Hi.", "at": at, "metadata": {"k": "v"}});
            let told = json!({"role": "user", "transcript": "Hi.", "timestamp": time});
            let heard = of(Kind::CallTranscript, line);
            assert_eq!(heard.frames, [("transcript", told)]);
            assert!(!heard.is_end);
        }
    }

    #[test]
    fn a_session_ends_once_whichever_way() {
        for kind in [Kind::CallCompleted, Kind::CallFailed] {
            let end = of(kind, json!({"status": "completed"}));
            assert!(end.is_end && end.frames.is_empty());
        }
        for status in ["in_progress", "completed", "failed", "canceled"] {
            let changed = of(Kind::CallStatusChanged, json!({ "status": status }));
            assert_eq!(changed.frames.len(), 1);
            assert_eq!(changed.is_end, status == "canceled");
        }
    }

    #[test]
    fn what_is_not_for_a_session_means_nothing() {
        assert_eq!(of(Kind::CallReport, json!({})), Meaning::default());
        assert_eq!(meaning("call.unknown", b"{}"), None);
        assert_eq!(meaning("call.completed", b"no json"), None);
    }
}
