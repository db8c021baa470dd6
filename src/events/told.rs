//! An event on its way into the log: the row that it becomes, its bytes in
//! clear for those who are told at once, and what subscriptions choose by.

use std::sync::Arc;

use bytes::Bytes;
use entity::{
    CallId, CampaignId, EventId, Sealed, SubscriptionId,
    calls::{CallStatus, Outcome},
    events::ActiveModel,
};
use sea_orm::ActiveValue::{NotSet, Set};
use serde_json::{Map, Value};

use super::{Kind, Payload};
use crate::infra::{
    clock::Millis,
    seal::{Place, Seal},
};

#[derive(Clone)]
pub struct Told {
    pub id: EventId,
    pub kind: Kind,
    pub owner: Option<String>,
    pub call: Option<OfCall>,
    /// The exact bytes that are signed and sent.
    pub bytes: Bytes,
    pub at: Millis,
    pub campaign_id: Option<CampaignId>,
    pub outcome: Option<Outcome>,
    pub metadata: Arc<Map<String, Value>>,
    /// The subscription that it is about, which does not hear it.
    pub not_to: Option<SubscriptionId>,
}

/// Where the event stands in its call.
#[derive(Clone, Copy, Debug)]
pub struct OfCall {
    pub id: CallId,
    pub status: CallStatus,
    pub sequence: i32,
    /// Whether this process recorded the call's last event too. Where another
    /// did, a lane may not know of that one yet.
    pub recorder_was_here: bool,
    /// When the call was first heard of.
    pub since: Millis,
}

impl Told {
    /// An event that is about no call.
    pub fn without_call(payload: Payload, owner: Option<String>) -> Self {
        Self {
            id: payload.id,
            kind: payload.kind,
            owner,
            call: None,
            at: payload.timestamp,
            bytes: payload.into_bytes().into(),
            campaign_id: None,
            outcome: None,
            metadata: Arc::default(),
            not_to: None,
        }
    }

    pub fn row(&self, seal: &Seal) -> ActiveModel {
        let place = Place {
            table: "events",
            column: "payload",
            row: self.id.as_bytes(),
        };
        ActiveModel {
            position: NotSet,
            id: Set(self.id),
            kind: Set(self.kind.name().to_owned()),
            owner: Set(self.owner.clone()),
            call_id: Set(self.call.map(|call| call.id)),
            status: Set(self.call.map(|call| call.status)),
            sequence: Set(self.call.map(|call| call.sequence)),
            payload: Set(Sealed(seal.seal(place, &self.bytes))),
            created_at: Set(self.at),
        }
    }
}
