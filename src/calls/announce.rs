//! What is told of a call: an event of it, as subscribers will read it.

use std::sync::Arc;

use entity::{
    EventId,
    calls::{CallStatus, Model, Outcome},
};
use sea_orm::ActiveEnum;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::details::Details;
use crate::{
    events::{Kind, OfCall, Payload, Sequence, Subject, Told, status_word},
    infra::clock::Millis,
    results::{CallResult, Facts},
    vapi::message::{Line, Results},
};

/// What is to be told of a call.
pub struct Telling<'a> {
    pub kind: Kind,
    pub previous: Option<CallStatus>,
    pub line: Option<&'a Line>,
    pub details: &'a Details,
    /// What was reported of the call, if anything was.
    pub results: Option<&'a Results>,
    pub recorder_was_here: bool,
    pub at: Millis,
}

/// An event, with the exact bytes that will be signed and sent. Kinds that
/// are counted move the call's number on.
pub fn event(call: &mut Model, telling: &Telling<'_>) -> Told {
    if telling.kind.entry().sequence == Sequence::Counted {
        call.sequence += 1;
    }
    let id = EventId::from_uuid(Uuid::now_v7());
    let payload = Payload {
        id,
        kind: telling.kind,
        call: Some(Subject {
            id: call.id,
            vapi_id: call.vapi_call_id.clone(),
            status: call.status,
            sequence: call.sequence,
        }),
        timestamp: telling.at,
        data: data(call, telling),
    };
    Told {
        id,
        kind: telling.kind,
        owner: call.owner.clone(),
        call: Some(OfCall {
            id: call.id,
            status: call.status,
            sequence: call.sequence,
            recorder_was_here: telling.recorder_was_here,
            since: call.created_at,
        }),
        bytes: payload.into_bytes().into(),
        at: telling.at,
        campaign_id: call.campaign_id,
        outcome: call.outcome,
        metadata: Arc::new(telling.details.metadata.clone()),
        not_to: None,
    }
}

fn data(call: &Model, telling: &Telling<'_>) -> Map<String, Value> {
    let mut data = match (telling.kind, telling.line, call.outcome) {
        (Kind::CallTranscript, Some(line), _) => said(line),
        (Kind::CallCompleted | Kind::CallFailed | Kind::CallReport, _, Some(outcome)) => {
            result(call, outcome, telling)
        }
        _ => change(call, telling.previous),
    };
    let details = telling.details;
    let customer = json!({"number": details.customer_number, "name": details.customer_name});
    data.insert("customer".to_owned(), customer);
    data.insert("campaignId".to_owned(), json!(call.campaign_id));
    data.insert(
        "metadata".to_owned(),
        Value::Object(details.metadata.clone()),
    );
    data
}

fn said(line: &Line) -> Map<String, Value> {
    let role = line.role.as_str();
    fields([
        ("role", json!(role)),
        ("text", json!(line.text)),
        ("at", json!(line.at)),
    ])
}

fn change(call: &Model, previous: Option<CallStatus>) -> Map<String, Value> {
    fields([
        ("status", json!(status_word(call.status))),
        ("previousStatus", json!(previous.map(status_word))),
        (
            "outcome",
            json!(call.outcome.map(|outcome| outcome.to_value())),
        ),
        ("endedReason", json!(call.ended_reason)),
    ])
}

fn result(call: &Model, outcome: Outcome, telling: &Telling<'_>) -> Map<String, Value> {
    let ours = call.id.to_string();
    let facts = Facts {
        call_id: call.vapi_call_id.as_deref().unwrap_or(&ours),
        outcome,
        retryable: call.retryable.unwrap_or(false),
        ended_reason: call.ended_reason.as_deref(),
        started_at: call.started_at,
        ended_at: call.ended_at,
        metadata: &telling.details.metadata,
    };
    let nothing = Results::default();
    CallResult::of(&facts, telling.results.unwrap_or(&nothing)).told(&facts)
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
