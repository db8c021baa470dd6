//! Making the events that subscribers will be told, and telling of the calls
//! whose report did not come in time.

use entity::{
    EventId, Sealed,
    calls::{CallStatus, Column, Entity, Model, Outcome},
    events,
};
use sea_orm::{
    ActiveEnum,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::rows::{self, Rows};
use crate::{
    app::App,
    calls::{details::Details, progress},
    error::{Error, Result},
    events::{Kind, Payload, Sequence, Subject, status_word},
    infra::{
        clock::Millis,
        db::Tx,
        seal::{Place, Seal},
    },
    results::{CallResult, Facts, kept},
    vapi::message::Line,
};

const CALLS_PER_TRANSACTION: u64 = 200;

/// What is to be told of a call.
pub(super) struct Telling<'a> {
    pub kind: Kind,
    pub previous: Option<CallStatus>,
    pub line: Option<&'a Line>,
    pub details: &'a Details,
    pub at: Millis,
}

/// The row of an event, with the exact bytes that will be signed and sent.
/// Kinds that are counted move the call's number on.
pub(super) fn event(
    seal: &Seal,
    call: &mut Model,
    telling: &Telling<'_>,
) -> Result<events::ActiveModel> {
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
        data: data(seal, call, telling)?,
    };
    let place = Place {
        table: "events",
        column: "payload",
        row: id.as_bytes(),
    };
    Ok(events::ActiveModel {
        position: NotSet,
        id: Set(id),
        kind: Set(telling.kind.name().to_owned()),
        owner: Set(call.owner.clone()),
        call_id: Set(Some(call.id)),
        status: Set(Some(call.status)),
        sequence: Set(Some(call.sequence)),
        payload: Set(Sealed(seal.seal(place, &payload.into_bytes()))),
        created_at: Set(telling.at),
    })
}

fn data(seal: &Seal, call: &Model, telling: &Telling<'_>) -> Result<Map<String, Value>> {
    let mut data = match (telling.kind, telling.line, call.outcome) {
        (Kind::CallTranscript, Some(line), _) => said(line),
        (Kind::CallCompleted | Kind::CallFailed | Kind::CallReport, _, Some(outcome)) => {
            result(seal, call, outcome, telling.details)?
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
    Ok(data)
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

fn result(
    seal: &Seal,
    call: &Model,
    outcome: Outcome,
    details: &Details,
) -> Result<Map<String, Value>> {
    let ours = call.id.to_string();
    let facts = Facts {
        call_id: call.vapi_call_id.as_deref().unwrap_or(&ours),
        outcome,
        retryable: call.retryable.unwrap_or(false),
        ended_reason: call.ended_reason.as_deref(),
        started_at: call.started_at,
        ended_at: call.ended_at,
        metadata: &details.metadata,
    };
    let results = kept::open(seal, call)?.unwrap_or_default();
    Ok(CallResult::of(&facts, &results).told(&facts))
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Tells of calls that ended well and whose report is overdue, a bounded
/// number at a time; how many it were.
pub async fn announce_due(app: &App) -> Result<u64> {
    let (seal, now) = (app.seal.clone(), app.clock.millis());
    app.db
        .write(move |tx| async move { announce_some(&tx, &seal, now).await })
        .await
}

async fn announce_some(tx: &Tx, seal: &Seal, now: Millis) -> Result<u64> {
    let due = Entity::find()
        .filter(Column::AnnounceDueAt.is_not_null())
        .filter(Column::AnnounceDueAt.lte(now))
        .order_by_asc(Column::Id)
        .limit(CALLS_PER_TRANSACTION)
        .lock_exclusive()
        .all(&**tx)
        .await?;
    let mut rows = Rows::default();
    let mut calls = Vec::new();
    for mut call in due {
        let Some(kind) = progress::announce_without_report(&mut call, now) else {
            continue;
        };
        let details = match &call.details {
            Some(sealed) => Details::open(seal, call.id, sealed).map_err(Error::internal)?,
            None => Details::default(),
        };
        let telling = Telling {
            kind,
            previous: None,
            line: None,
            details: &details,
            at: now,
        };
        rows.events.push(event(seal, &mut call, &telling)?);
        call.updated_at = now;
        calls.push(call);
    }
    let told = calls.len() as u64;
    rows::write_calls(tx, calls).await?;
    rows.write(tx).await?;
    Ok(told)
}
