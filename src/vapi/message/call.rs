//! What a message tells of its call, whatever else it is about.

use serde_json::{Map, Value};

use super::{
    reading::{id, storable},
    shape::{NotUnderstood, Parts, Shape},
};

/// More than an index of PostgreSQL could hold is no id.
const CALL_ID_CHARS_MAX: usize = 255;
const OWNER_CHARS_MAX: usize = 255;
const REQUEST_ID_CHARS_MAX: usize = 128;
const KIND_CHARS_MAX: usize = 64;
/// Vapi's own limit.
const DURATION_SECONDS_MAX: f64 = 43_200.0;

/// From the most particular to the most general.
const METADATA: [&str; 3] = [
    "call.metadata",
    "call.assistantOverrides.metadata",
    "call.assistant.metadata",
];

/// News of these says nothing without the call that it is of.
pub(super) const NEWS_OF_A_CALL: &[&str] = &[
    "assistant.speechStarted",
    "call-end",
    "conversation-update",
    "end-of-call-report",
    "function-call",
    "hang",
    "language-change-detected",
    "language-changed",
    "message",
    "model-output",
    "phone-call-control",
    "speech-update",
    "status-update",
    "tool-calls",
    "transcript",
    "transfer-update",
    "user-interrupted",
    "voice-input",
];

#[derive(Clone, Debug, PartialEq)]
pub struct CallFacts {
    pub vapi_id: String,
    /// Vapi's `call.type`, as in `outboundPhoneCall`.
    pub kind: Option<String>,
    pub customer_number: Option<String>,
    pub customer_name: Option<String>,
    /// Of the call, completed by those of its assistant.
    pub metadata: Map<String, Value>,
    /// Ours, where we placed the call.
    pub request_id: Option<String>,
    /// As the metadata have it: to be believed by [`Self::is_web`].
    pub owner: Option<String>,
    pub assistant_id: Option<String>,
    pub assistant_name: Option<String>,
    pub phone_number_id: Option<String>,
    /// Of a campaign of Vapi's.
    pub campaign_id: Option<String>,
    pub max_duration_seconds: Option<u32>,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
}

impl CallFacts {
    /// The call comes from a browser, and its metadata are the browser's word.
    pub fn is_web(&self) -> bool {
        self.kind.as_deref() == Some("webCall")
    }

    pub fn is_outbound(&self) -> bool {
        self.kind.as_deref() == Some("outboundPhoneCall")
    }
}

/// The call that a message is about; none where it is about none.
pub(super) fn facts(parts: &Parts) -> Result<Option<CallFacts>, NotUnderstood> {
    let Some(vapi_id) = vapi_id(parts)? else {
        return Ok(None);
    };
    let owned = |paths: &[&str]| parts.text(paths).map(str::to_owned);
    Ok(Some(CallFacts {
        vapi_id,
        kind: parts
            .text(&["call.type"])
            .map(|kind| storable(kind, KIND_CHARS_MAX)),
        customer_number: owned(&["call.customer.number", "customer.number"]),
        customer_name: owned(&["call.customer.name", "customer.name"]),
        metadata: metadata(parts),
        request_id: parts.first(&METADATA, |place| {
            id(place.get("requestId")?, REQUEST_ID_CHARS_MAX)
        }),
        owner: parts.first(&METADATA, owner),
        assistant_id: owned(&["call.assistantId", "assistant.id", "call.assistant.id"]),
        assistant_name: owned(&["assistant.name", "call.assistant.name"]),
        phone_number_id: owned(&[
            "call.phoneNumberId",
            "phoneNumber.id",
            "call.phoneNumber.id",
        ]),
        campaign_id: owned(&["call.campaignId"]),
        max_duration_seconds: max_duration_seconds(parts),
        started_at: parts.time(&["startedAt", "call.startedAt"]),
        ended_at: parts.time(&["endedAt", "call.endedAt"]),
    }))
}

fn vapi_id(parts: &Parts) -> Result<Option<String>, NotUnderstood> {
    let (places, path): (&[&str], _) = match parts.shape {
        Shape::Envelope => (&["call.id"], "message.call.id"),
        Shape::Call => (&["call.id"], "call.id"),
        Shape::Session => (&["callId", "call.id", "sessionId"], "data.callId"),
    };
    if let Some(id) = parts.first(places, |value| id(value, CALL_ID_CHARS_MAX)) {
        return Ok(Some(id));
    }
    let wanted = || format!("must be the call's id, of 1 to {CALL_ID_CHARS_MAX} characters");
    match needs_a_call(parts) {
        true => Err(NotUnderstood::new(path, wanted())),
        false => Ok(None),
    }
}

/// A chat or a session of Vapi's, which are written and not spoken, may stand in a call's place.
fn needs_a_call(parts: &Parts) -> bool {
    let is_news = NEWS_OF_A_CALL.contains(&parts.kind) || parts.kind.starts_with("transcript[");
    match parts.shape {
        Shape::Call => true,
        Shape::Session => is_news,
        Shape::Envelope => is_news && parts.at("chat").is_none() && parts.at("session").is_none(),
    }
}

fn metadata(parts: &Parts) -> Map<String, Value> {
    let mut merged = Map::new();
    let places = METADATA
        .iter()
        .filter_map(|path| parts.at(path)?.as_object());
    for (name, value) in places.flatten() {
        if !merged.contains_key(name) {
            merged.insert(name.clone(), value.clone());
        }
    }
    merged
}

fn owner(place: &Value) -> Option<String> {
    let mut names = ["ownerId", "userId"].into_iter();
    names.find_map(|name| id(place.get(name)?, OWNER_CHARS_MAX))
}

fn max_duration_seconds(parts: &Parts) -> Option<u32> {
    let places = [
        "call.assistantOverrides.maxDurationSeconds",
        "call.assistant.maxDurationSeconds",
        "assistant.maxDurationSeconds",
    ];
    let seconds = parts.first(&places, |value| {
        value.as_f64().filter(|seconds| *seconds >= 1.0)
    })?;
    Some(seconds.min(DURATION_SECONDS_MAX).ceil() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn facts_of(message: Value) -> CallFacts {
        let body = json!({"message": message});
        facts(&Parts::of(&body).unwrap()).unwrap().unwrap()
    }

    fn path_of_refusal(body: Value) -> Option<String> {
        let facts = facts(&Parts::of(&body).unwrap());
        facts.err().map(|NotUnderstood(detail)| detail.path)
    }

    #[test]
    fn the_metadata_that_are_closest_to_the_call_win() {
        let call = facts_of(json!({"type": "hang", "call": {
            "id": "c",
            "metadata": {"userId": 7, "tier": "gold"},
            "assistantOverrides": {"metadata": {"requestId": "req_1", "ownerId": "o", "tier": "tin"}},
            "assistant": {"metadata": {"team": "a", "requestId": "req_2"}},
        }}));
        assert_eq!(call.owner.as_deref(), Some("7"));
        assert_eq!(call.request_id.as_deref(), Some("req_1"));
        let merged = json!({
            "userId": 7, "ownerId": "o", "requestId": "req_1", "team": "a", "tier": "gold",
        });
        assert_eq!(Value::Object(call.metadata), merged);
    }

    #[test]
    fn the_metadata_of_the_saved_assistant_own_nothing() {
        let call = facts_of(json!({
            "type": "hang", "call": {"id": "c"},
            "assistant": {"metadata": {"ownerId": "o"}}, "metadata": {"ownerId": "o"},
        }));
        assert_eq!((call.owner, call.metadata), (None, Map::new()));
    }

    #[test]
    fn an_owner_that_cannot_be_one_is_nobody() {
        for owner in [
            json!(""),
            json!("o".repeat(256)),
            json!({}),
            json!(null),
            json!(1.5),
        ] {
            let metadata = json!({"ownerId": owner});
            let call = facts_of(json!({"type": "hang", "call": {"id": "c", "metadata": metadata}}));
            assert_eq!(call.owner, None, "{metadata}");
        }
    }

    #[test]
    fn the_longest_duration_is_the_calls_own() {
        let max = |call: Value, assistant: Value| {
            let facts = facts_of(json!({"type": "hang", "call": call, "assistant": assistant}));
            facts.max_duration_seconds
        };
        let of = |seconds: f64| json!({"maxDurationSeconds": seconds});
        let call = json!({"id": "c", "assistantOverrides": of(60.0), "assistant": of(70.0)});
        assert_eq!(max(call, of(420.0)), Some(60));
        assert_eq!(max(json!({"id": "c"}), of(420.0)), Some(420));
        assert_eq!(max(json!({"id": "c"}), of(1e300)), Some(43_200));
        assert_eq!(max(json!({"id": "c"}), of(-1.0)), None);
    }

    #[test]
    fn news_of_a_call_needs_the_call() {
        let transcript = r#"transcript[transcriptType="final"]"#;
        for kind in [
            "status-update",
            "end-of-call-report",
            "tool-calls",
            transcript,
        ] {
            let nameless = json!({"message": {"type": kind, "call": {"id": " "}}});
            assert_eq!(
                path_of_refusal(nameless).as_deref(),
                Some("message.call.id"),
                "{kind}"
            );
            let written = json!({"message": {"type": kind, "chat": {"id": "chat_1"}}});
            assert_eq!(path_of_refusal(written), None, "{kind}");
        }
        let long = json!({"type": "call.ringing", "call": {"id": "c".repeat(256)}});
        assert_eq!(path_of_refusal(long).as_deref(), Some("call.id"));
        let session = json!({"type": "message", "data": {}});
        assert_eq!(path_of_refusal(session).as_deref(), Some("data.callId"));
    }

    #[test]
    fn other_news_needs_none() {
        for kind in [
            "campaign.started",
            "contact.failed",
            "chat.created",
            "session.updated",
        ] {
            assert_eq!(
                path_of_refusal(json!({"message": {"type": kind}})),
                None,
                "{kind}"
            );
        }
        assert_eq!(path_of_refusal(json!({"type": "error", "data": {}})), None);
    }
}
