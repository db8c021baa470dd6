//! Telling that a session is over, to those who asked to hear of it.
//!
//! It takes all that was said, so it is only made where somebody listens, and
//! after what this batch heard said is stored.

use std::sync::Arc;

use entity::{EventId, calls::Model};
use sea_orm::ActiveEnum;
use serde_json::json;
use uuid::Uuid;

use crate::{
    contact::details::Details,
    delivery::Subscribers,
    error::Result,
    events::{Kind, OfCall, Payload, Subject, Told},
    infra::{clock::Millis, db::Tx, seal::Seal},
    sessions,
};

/// A call that is over, as it was when that was told.
pub(super) struct Over {
    pub call: Model,
    pub details: Details,
    pub recorder_was_here: bool,
}

pub(super) async fn tell(
    tx: &Tx,
    seal: &Seal,
    subscribers: &Subscribers,
    over: Vec<Over>,
    at: Millis,
) -> Result<Vec<Told>> {
    let mut told = Vec::new();
    for session in over {
        let owner = session.call.owner.as_deref();
        if subscribers.is_asked_for(Kind::SessionEnded, owner) {
            told.push(ended(tx, seal, session, at).await?);
        }
    }
    Ok(told)
}

async fn ended(tx: &Tx, seal: &Seal, over: Over, at: Millis) -> Result<Told> {
    let (call, id) = (over.call, EventId::from_uuid(Uuid::now_v7()));
    let mut data = sessions::ended(&**tx, seal, call.clone()).await?;
    // What filters ask for is told with every event of a call.
    data.insert("campaignId".to_owned(), json!(call.campaign_id));
    data.insert("metadata".to_owned(), json!(over.details.metadata));
    data.insert(
        "outcome".to_owned(),
        json!(call.outcome.map(|outcome| outcome.to_value())),
    );
    let payload = Payload {
        id,
        kind: Kind::SessionEnded,
        call: Some(Subject {
            id: call.id,
            vapi_id: call.vapi_call_id.clone(),
            status: call.status,
            sequence: call.sequence,
        }),
        timestamp: at,
        data,
    };
    Ok(Told {
        id,
        kind: Kind::SessionEnded,
        owner: call.owner,
        call: Some(OfCall {
            id: call.id,
            status: call.status,
            sequence: call.sequence,
            recorder_was_here: over.recorder_was_here,
            since: call.created_at,
        }),
        bytes: payload.into_bytes().into(),
        at,
        campaign_id: call.campaign_id,
        outcome: call.outcome,
        metadata: Arc::new(over.details.metadata),
        not_to: None,
    })
}
