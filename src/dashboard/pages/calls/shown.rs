//! A call in the words and times in which a page shows it.

use entity::{
    CallId, CampaignId,
    calls::{CallStatus, Model, Origin, Outcome},
    placements::PlacementState,
};
use serde_json::Value;

use crate::{
    calls::{Known, progress::is_terminal},
    contact::details::Details,
    dashboard::view::{When, lasting},
    error::{Error, Result},
    infra::seal::Seal,
};

/// What lists and pages say of a call.
pub struct Shown {
    pub id: CallId,
    pub vapi_id: Option<String>,
    pub status: &'static str,
    /// What its status alone does not say: how it ended, or that nobody knows yet.
    pub remark: Option<String>,
    pub number: String,
    pub name: Option<String>,
    pub assistant: Option<String>,
    pub campaign: Option<CampaignId>,
    pub is_placed: bool,
    pub is_over: bool,
    pub retryable: Option<bool>,
    pub placement_error: Option<String>,
    pub made: When,
    pub scheduled: Option<When>,
    pub started: Option<When>,
    pub ended: Option<When>,
    pub length: Option<String>,
    /// As it was given with the call, one line each.
    pub metadata: Vec<(String, String)>,
}

impl Shown {
    pub fn of(seal: &Seal, (call, placement): Known) -> Result<Self> {
        let details = Details::of_call(seal, &call).map_err(Error::internal)?;
        let unconfirmed =
            call.vapi_call_id.is_none() && placement == Some(PlacementState::Unconfirmed);
        let length = call.started_at.zip(call.ended_at);
        Ok(Self {
            status: status(call.status),
            remark: remark(&call, unconfirmed),
            number: details
                .customer_number
                .unwrap_or_else(|| "number not known".to_owned()),
            name: details.customer_name,
            assistant: details.assistant_name.or(details.assistant_id),
            campaign: call.campaign_id,
            is_placed: call.origin == Origin::Placed,
            is_over: is_terminal(call.status),
            retryable: call.retryable,
            placement_error: details.placement_error,
            made: When(call.created_at),
            scheduled: call.scheduled_at.map(When),
            started: call.started_at.map(When),
            ended: call.ended_at.map(When),
            length: length.map(|(from, to)| lasting(to - from)),
            metadata: fields(details.metadata),
            id: call.id,
            vapi_id: call.vapi_call_id,
        })
    }

    /// Whom it is with: by name where that is known.
    pub fn who(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.number)
    }
}

/// As deliveries name it, which is also what its colour goes by.
pub fn status(status: CallStatus) -> &'static str {
    match status {
        CallStatus::Scheduled => "scheduled",
        CallStatus::Queued => "queued",
        CallStatus::Ringing => "ringing",
        CallStatus::InProgress => "in_progress",
        CallStatus::Forwarding => "forwarding",
        CallStatus::Ended => "ended",
        CallStatus::Failed => "failed",
        CallStatus::Canceled => "canceled",
        CallStatus::Timeout => "timeout",
    }
}

fn remark(call: &Model, unconfirmed: bool) -> Option<String> {
    if unconfirmed {
        return Some("Vapi has not confirmed it yet".to_owned());
    }
    let outcome = match call.outcome? {
        Outcome::NoContact => Some("nobody was reached"),
        Outcome::Completed | Outcome::Failed | Outcome::Canceled | Outcome::Timeout => None,
    };
    match (outcome, call.ended_reason.as_deref()) {
        (Some(outcome), Some(reason)) => Some(format!("{outcome}: {reason}")),
        (Some(word), None) | (None, Some(word)) => Some(word.to_owned()),
        (None, None) => None,
    }
}

/// An object as lines of a name and a text, whatever is in it.
pub fn fields(object: serde_json::Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: Value| match value {
        Value::String(text) if !text.trim().is_empty() => text,
        Value::String(_) | Value::Null => "–".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        deeper @ (Value::Array(_) | Value::Object(_)) => pretty(&deeper),
    };
    object
        .into_iter()
        .map(|(name, value)| (name, text(value)))
        .collect()
}

/// JSON with a line for each field, for people.
pub fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_in_an_object_is_told_a_line_each() {
        let object = json!({"available": true, "price": 90.5, "note": null, "slots": ["9:00"]});
        let lines = fields(object.as_object().cloned().unwrap());
        let told: Vec<_> = lines.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(lines.len(), 4);
        for text in ["yes", "90.5", "–", "[\n  \"9:00\"\n]"] {
            assert!(told.contains(&text), "{told:?}");
        }
    }
}
