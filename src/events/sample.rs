//! A realistic payload of each kind, for whoever wants to see one before
//! anything has happened: the catalogue shows it, a trial sends it.
//!
//! Everybody in it is made up. The call is always the same one, seen at
//! different moments of its life, so that samples of several kinds fit
//! together.

use entity::{CallId, EventId, calls::CallStatus};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Kind, Payload, Subject};
use crate::infra::clock::{Millis, rfc3339};

const CALL: CallId = CallId::from_uuid(Uuid::from_u128(0x019a_9cc9_2c80_7a5e_8d1f_5b7c_3e90_4a11));
const VAPI_CALL: &str = "019a9cc9-32a0-7ccd-93e9-2655308be9ae";
const CAMPAIGN: &str = "cmp_019a9cc0-11d2-7c08-a5de-0f6a9b1c2d3e";
const SUBSCRIPTION: &str = "sub_019a9cb1-7e40-7f25-b1a3-6c9d8e2f4a50";
const DURATION: Millis = 330_000;

/// One event of this kind, as if it had happened at this moment.
pub fn sample(kind: Kind, id: EventId, at: Millis) -> Payload {
    let (call, data) = match kind {
        Kind::CallStatusChanged => (Some((CallStatus::InProgress, 3)), of_call(changed())),
        Kind::CallCompleted => (
            Some((CallStatus::Ended, 5)),
            of_call(result(at, Ending::Good)),
        ),
        Kind::CallFailed => (
            Some((CallStatus::Failed, 3)),
            of_call(result(at, Ending::NoAnswer)),
        ),
        Kind::CallReport => (
            Some((CallStatus::Ended, 6)),
            of_call(result(at, Ending::Good)),
        ),
        Kind::CallTranscript => (Some((CallStatus::InProgress, 3)), of_call(line(at))),
        Kind::SessionEnded => (Some((CallStatus::Ended, 5)), session()),
        Kind::CampaignProgress => (None, campaign(at, "running", 38)),
        Kind::CampaignCompleted => (None, campaign(at, "completed", 50)),
        Kind::SubscriptionDeactivated => (None, deactivated(at)),
    };
    Payload {
        id,
        kind,
        call: call.map(|(status, sequence)| Subject {
            id: CALL,
            vapi_id: Some(VAPI_CALL.to_owned()),
            status,
            sequence,
        }),
        timestamp: at,
        data: fields(data),
    }
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => unreachable!("a sample's data is an object, and not {other}"),
    }
}

/// What every event of a call says beside its own.
fn of_call(data: Value) -> Value {
    let mut data = fields(data);
    data.extend(fields(json!({
        "customer": {"number": "+15551234567", "name": "Joe's Plumbing"},
        "campaignId": CAMPAIGN,
        "metadata": {
            "ownerId": "acme",
            "providerName": "Joe's Plumbing",
            "providerPhone": "+15551234567",
            "serviceNeeded": "plumbing",
            "location": "Greenville, SC",
            "userCriteria": "Need same-day service",
            "urgency": "immediate",
        },
    })));
    Value::Object(data)
}

fn changed() -> Value {
    json!({
        "status": "in_progress",
        "previousStatus": "ringing",
        "outcome": null,
        "endedReason": null,
    })
}

enum Ending {
    Good,
    NoAnswer,
}

fn result(at: Millis, ending: Ending) -> Value {
    let mut result = fields(json!({
        "callId": VAPI_CALL,
        "callMethod": "direct_vapi",
        "provider": {
            "name": "Joe's Plumbing",
            "phone": "+15551234567",
            "service": "plumbing",
            "location": "Greenville, SC",
        },
        "request": {"criteria": "Need same-day service", "urgency": "immediate"},
        "endedAt": rfc3339(at),
    }));
    result.extend(fields(match ending {
        Ending::Good => went_well(at),
        Ending::NoAnswer => reached_nobody(),
    }));
    Value::Object(result)
}

fn went_well(at: Millis) -> Value {
    json!({
        "status": "completed",
        "outcome": "completed",
        "retryable": false,
        "duration": 5.5,
        "endedReason": "customer-ended-call",
        "transcript": "AI: Hello, I am calling about a plumber for today.\nUser: We can come at two.",
        "analysis": {
            "summary": "The plumber is free today at two and charges $120 for the visit.",
            "structuredData": {
                "availability": "available",
                "earliest_availability": "today at 2 pm",
                "estimated_rate": "$120",
                "recommended": true,
            },
            "successEvaluation": "true",
        },
        "cost": 0.45,
        "recordingUrl": "https://storage.example.com/recordings/019a9cc9.wav",
        "startedAt": rfc3339(at - DURATION),
    })
}

fn reached_nobody() -> Value {
    json!({
        "status": "no_answer",
        "outcome": "no_contact",
        "retryable": true,
        "duration": 0,
        "endedReason": "customer-did-not-answer",
        "transcript": "",
        "analysis": {"summary": "", "structuredData": {}, "successEvaluation": ""},
        "cost": null,
        "recordingUrl": null,
        "startedAt": null,
    })
}

fn line(at: Millis) -> Value {
    json!({"role": "user", "text": "We can come at two.", "at": at})
}

fn session() -> Value {
    json!({
        "session_id": VAPI_CALL,
        "status": "completed",
        "final": true,
        "text": "The plumber is free today at two and charges $120 for the visit.",
        "source": "analysis",
        "turns": 8,
        "duration_seconds": DURATION / 1_000,
        "first_request": "Can somebody come today?",
        "last_answer": "Thank you, I will let them know.",
        "key_insights": {"availability": "available"},
    })
}

fn campaign(at: Millis, status: &str, ended: u32) -> Value {
    let is_over = status == "completed";
    json!({
        "campaign_id": CAMPAIGN,
        "name": "Plumbers of Greenville",
        "status": status,
        "progress": {
            "total": 50,
            "queued": if is_over { 0 } else { 8 },
            "active": if is_over { 0 } else { 4 },
            "completed": ended - 5,
            "failed": 5,
            "canceled": 1,
            "percent": ended * 2,
            "eta": (!is_over).then(|| rfc3339(at + 240_000)),
        },
        "completed_at": is_over.then(|| rfc3339(at)),
    })
}

fn deactivated(at: Millis) -> Value {
    json!({
        "subscription_id": SUBSCRIPTION,
        "webhook_url": "https://example.com/webhook",
        "reason": "15 failures in a row",
        "failures": 15,
        "deactivated_at": rfc3339(at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Sequence;

    #[test]
    fn each_kind_has_a_sample_of_its_own_shape() {
        for kind in Kind::ALL {
            let sample = sample(*kind, EventId::from_uuid(Uuid::nil()), 1_763_567_291_540);
            let is_counted = kind.entry().sequence != Sequence::Absent;
            assert_eq!(sample.call.is_some(), is_counted, "{kind}");
            let told: Value = serde_json::from_slice(&sample.into_bytes()).unwrap();
            assert_eq!(told["event"], kind.name());
            assert_eq!(told["timestamp"], "2025-11-19T15:48:11.540Z");
            assert!(told["data"].as_object().is_some_and(|data| data.len() > 2));
        }
    }
}
