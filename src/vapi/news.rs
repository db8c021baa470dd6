//! A call as Vapi has it when it is asked, put into the words in which it would have told of it by
//! itself.
//!
//! So there is one way of understanding Vapi, and one way of writing down what it says. The call
//! that Vapi answers with is flat; a report has what the call brought beside the call and not in it.

use serde_json::{Map, Value, json};

use super::message::{Message, NotUnderstood, understand};

/// What of a call stands on its report, where both have it.
const OF_THE_REPORT: [&str; 13] = [
    "analysis",
    "artifact",
    "cost",
    "costBreakdown",
    "costs",
    "endedAt",
    "endedReason",
    "messages",
    "recordingUrl",
    "startedAt",
    "stereoRecordingUrl",
    "summary",
    "transcript",
];

/// What a webhook would have said, and its body.
#[derive(Clone, Debug)]
pub struct News {
    pub message: Message,
    pub body: Vec<u8>,
}

impl News {
    /// Of a call as Vapi answers it: its report once it has ended, else where it stands.
    pub fn of(call: Value) -> Result<Self, NotUnderstood> {
        let body = told(call).to_string().into_bytes();
        Ok(Self {
            message: understand(&body)?,
            body,
        })
    }
}

/// Vapi has nothing but the id.
pub(super) fn is_unknown(call: &Value) -> bool {
    call["status"] == "not-found"
}

fn told(mut call: Value) -> Value {
    let mut message = match call["status"] == "ended" {
        true => report(&mut call),
        false => {
            let at = call["updatedAt"].clone();
            fields([
                ("type", json!("status-update")),
                ("status", call["status"].clone()),
                ("timestamp", at),
            ])
        }
    };
    message.insert("call".to_owned(), call);
    json!({ "message": message })
}

/// It is dated by the call's end, so that what Vapi writes later by itself counts for more.
fn report(call: &mut Value) -> Map<String, Value> {
    let ended_at = [&call["endedAt"], &call["updatedAt"]]
        .into_iter()
        .find(|at| !at.is_null());
    let at = ended_at.cloned().unwrap_or_default();
    let mut message = fields([("type", json!("end-of-call-report")), ("timestamp", at)]);
    for name in OF_THE_REPORT {
        let value = call.as_object_mut().and_then(|call| call.remove(name));
        value.map(|value| message.insert(name.to_owned(), value));
    }
    message
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use entity::calls::{CallStatus, Outcome};

    use super::*;
    use crate::vapi::identity;

    const REPORT: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/vapi/end-of-call-report.json"
    ));

    fn message(call: Value) -> Message {
        News::of(call).unwrap().message
    }

    /// The call of the report, as it would be answered once it has ended.
    fn at_vapi() -> Value {
        let report: Value = serde_json::from_str(REPORT).unwrap();
        let mut call = report["message"]["call"].clone();
        call["status"] = json!("ended");
        for name in ["analysis", "artifact", "cost", "costBreakdown", "costs"] {
            call[name] = report["message"][name].clone();
        }
        for name in ["endedAt", "endedReason", "startedAt"] {
            call[name] = report["message"][name].clone();
        }
        call
    }

    #[test]
    fn a_call_that_has_ended_brings_what_its_report_brings_and_is_the_same_event() {
        let asked = message(at_vapi());
        let told = understand(REPORT.as_bytes()).unwrap();
        assert_eq!(asked.end(), told.end());
        let (facts, of_report) = (asked.call.as_ref().unwrap(), told.call.as_ref().unwrap());
        assert_eq!(facts.vapi_id, of_report.vapi_id);
        assert_eq!(facts.metadata, of_report.metadata);
        assert_eq!(
            identity::of_event(&asked, b"asked"),
            identity::of_event(&told, b"told")
        );
        assert!(asked.occurred_at <= told.occurred_at);
    }

    #[test]
    fn a_call_that_goes_on_says_where_it_stands() {
        let going_on = message(json!({
            "id": "c", "status": "in-progress", "updatedAt": "2025-11-19T15:46:55.100Z",
            "artifact": {"transcript": "so far"},
        }));
        assert_eq!(going_on.status(), Some(CallStatus::InProgress));
        assert_eq!(going_on.occurred_at, Some(1_763_567_215_100));
        assert_eq!(going_on.results, None);
        assert_eq!(message(json!({"id": "c"})).status(), None);
    }

    #[test]
    fn nobody_reached_is_read_from_an_empty_call_too() {
        let call = json!({"id": "c", "status": "ended", "endedReason": "customer-busy"});
        let end = message(call).end().cloned().unwrap();
        assert_eq!((end.outcome, end.retryable), (Outcome::NoContact, true));
    }

    #[test]
    fn secrets_are_not_kept_and_a_call_without_an_id_is_none() {
        let call = json!({"id": "c", "status": "ended", "monitor": {"controlUrl": "https://control"},
            "phoneNumber": {"twilioAuthToken": "hush"}});
        let payload = String::from_utf8(message(call).payload).unwrap();
        assert!(!payload.contains("hush") && !payload.contains("https://control"));
        assert!(News::of(json!({"status": "ended"})).is_err());
        assert!(News::of(json!("what?")).is_err());
    }
}
