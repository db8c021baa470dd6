//! One thing that Vapi said: understood, identified, sealed, ready to be kept.
//!
//! All that needs no database is done here, in the task of the request, so
//! that the one writer only writes.

use entity::{EventId, Sealed};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    infra::{
        clock::Millis,
        seal::{Place, Seal},
    },
    vapi::{identity, message::Message},
};

pub type IdentityDigest = [u8; 32];

#[derive(Debug)]
pub struct Event {
    pub id: EventId,
    pub message: Message,
    /// The address at which it came in, or who asked for it.
    pub source: &'static str,
    /// By what it is known if it comes again: its own, and its delivery's.
    pub identities: Vec<IdentityDigest>,
    pub payload: Sealed,
    pub received_at: Millis,
}

impl Event {
    /// `webhook_id` is the one that came under a verified signature.
    pub fn new(
        mut message: Message,
        body: &[u8],
        source: &'static str,
        webhook_id: Option<&str>,
        received_at: Millis,
        seal: &Seal,
    ) -> Self {
        let id = EventId::from_uuid(Uuid::now_v7());
        let place = Place {
            table: "call_events",
            column: "payload",
            row: id.as_bytes(),
        };
        let known_by = [
            Some(identity::of_event(&message, body)),
            webhook_id.map(identity::of_webhook_id),
        ];
        Self {
            id,
            source,
            identities: known_by
                .iter()
                .flatten()
                .map(|known| Sha256::digest(known).into())
                .collect(),
            // In clear it is needed no more, and need not wait in a queue.
            payload: Sealed(seal.seal(place, &std::mem::take(&mut message.payload))),
            message,
            received_at,
        }
    }

    /// What it weighs in a queue or a transaction.
    pub fn bytes(&self) -> usize {
        self.payload.0.len()
    }

    /// Vapi's id of the call it is about.
    pub fn vapi_call_id(&self) -> Option<&str> {
        self.message.call.as_ref().map(|call| call.vapi_id.as_str())
    }
}
