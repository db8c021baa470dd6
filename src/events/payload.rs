//! One event as it is told.
//!
//! ```json
//! {"id":"evt_…","event":"call.completed","callId":"…","status":"completed","sequence":4,"timestamp":"…","data":{…}}
//! ```
//!
//! The outer fields are the same for every event, and null where it is not about a call. `callId` is
//! the id by which most people know the call, Vapi's; ours is always in the data.

pub mod stable;

use entity::{CallId, EventId, calls::CallStatus};
use serde_json::{Map, Value, json};

use super::Kind;
use crate::infra::clock::{Millis, rfc3339};

/// An event, before it is written down.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    pub id: EventId,
    pub kind: Kind,
    pub call: Option<Subject>,
    pub timestamp: Millis,
    pub data: Map<String, Value>,
}

/// The call that an event is about, as it is after the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub id: CallId,
    /// Not known while a call that we placed waits for Vapi's answer.
    pub vapi_id: Option<String>,
    pub status: CallStatus,
    pub sequence: i32,
}

impl Payload {
    /// The exact bytes that are sealed, signed and sent.
    pub fn into_bytes(self) -> Vec<u8> {
        let mut data = self.data;
        if let Some(call) = &self.call {
            data.insert("call_id".to_owned(), json!(call.id));
        }
        let (call_id, status, sequence) = match self.call {
            Some(call) => (
                json!(call.vapi_id.unwrap_or_else(|| call.id.to_string())),
                json!(status_word(call.status)),
                json!(call.sequence),
            ),
            None => (Value::Null, Value::Null, Value::Null),
        };
        stable::object(&[
            ("id", json!(self.id)),
            ("event", json!(self.kind.name())),
            ("callId", call_id),
            ("status", status),
            ("sequence", sequence),
            ("timestamp", json!(rfc3339(self.timestamp))),
            ("data", Value::Object(data)),
        ])
    }
}

/// A status as receivers read it. A call that reached nobody has failed; its outcome says how.
pub const fn status_word(status: CallStatus) -> &'static str {
    match status {
        CallStatus::Scheduled => "scheduled",
        CallStatus::Queued => "queued",
        CallStatus::Ringing => "ringing",
        CallStatus::InProgress => "in_progress",
        CallStatus::Forwarding => "forwarding",
        CallStatus::Ended => "completed",
        CallStatus::Failed => "failed",
        CallStatus::Canceled => "canceled",
        CallStatus::Timeout => "timeout",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn payload(kind: Kind, call: Option<Subject>, data: Value) -> String {
        let Value::Object(data) = data else {
            panic!("data is an object");
        };
        let payload = Payload {
            id: EventId::from_uuid(Uuid::nil()),
            kind,
            call,
            timestamp: 1_763_567_291_540,
            data,
        };
        String::from_utf8(payload.into_bytes()).unwrap()
    }

    fn subject(vapi_id: Option<&str>) -> Subject {
        Subject {
            id: CallId::from_uuid(Uuid::max()),
            vapi_id: vapi_id.map(str::to_owned),
            status: CallStatus::Ended,
            sequence: 4,
        }
    }

    #[test]
    fn a_call_goes_by_vapis_id_and_in_the_data_by_ours() {
        assert_eq!(
            payload(
                Kind::CallCompleted,
                Some(subject(Some("call_abc123"))),
                json!({"cost": 0.45})
            ),
            concat!(
                r#"{"id":"evt_00000000-0000-0000-0000-000000000000","event":"call.completed","#,
                r#""callId":"call_abc123","status":"completed","sequence":4,"#,
                r#""timestamp":"2025-11-19T15:48:11.540Z","#,
                r#""data":{"call_id":"call_ffffffff-ffff-ffff-ffff-ffffffffffff","cost":0.45}}"#
            )
        );
    }

    #[test]
    fn a_call_that_vapi_has_not_named_goes_by_our_id() {
        let told = payload(Kind::CallStatusChanged, Some(subject(None)), json!({}));
        assert!(told.contains(r#""callId":"call_ffffffff-ffff-"#), "{told}");
    }

    #[test]
    fn what_is_not_about_a_call_says_null() {
        let told = payload(
            Kind::CampaignCompleted,
            None,
            json!({"campaign_id": "cmp_1"}),
        );
        assert!(
            told.contains(r#""callId":null,"status":null,"sequence":null,"#),
            "{told}"
        );
        assert!(
            told.ends_with(r#""data":{"campaign_id":"cmp_1"}}"#),
            "{told}"
        );
    }
}
