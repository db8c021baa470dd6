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

/// The version of a UUID that begins with the time, in so many bytes.
const BEGINS_WITH_THE_TIME: usize = 7;
const TIME_BYTES: usize = 6;

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
                .map(|known| identity_digest(known, vapi_call_id(&message)))
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
        vapi_call_id(&self.message)
    }
}

fn vapi_call_id(message: &Message) -> Option<&str> {
    message.call.as_ref().map(|call| call.vapi_id.as_str())
}

/// What an identity is kept as. Vapi's ids begin with the time (they are of version 7), and so do
/// the digests of what is said of a call: what comes together is then kept together, and not each
/// on another page of the disk.
fn identity_digest(known: &[u8], vapi_call_id: Option<&str>) -> IdentityDigest {
    let mut digest: IdentityDigest = Sha256::digest(known).into();
    let call = vapi_call_id.and_then(|id| Uuid::try_parse(id).ok());
    if let Some(id) = call.filter(|id| id.get_version_num() == BEGINS_WITH_THE_TIME) {
        digest[..TIME_BYTES].copy_from_slice(&id.as_bytes()[..TIME_BYTES]);
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(call: &str, known: &str) -> IdentityDigest {
        identity_digest(known.as_bytes(), Some(call))
    }

    #[test]
    fn what_is_said_of_a_call_is_kept_beside_what_is_said_of_its_neighbours() {
        let early = digest("019a0000-0001-7abc-8000-000000000001", "one");
        let other = digest("019a0000-0001-7abc-8000-000000000001", "other");
        let late = digest("019a0000-0002-7abc-8000-000000000001", "one");
        assert_eq!(early[..TIME_BYTES], other[..TIME_BYTES]);
        assert!(early.max(other) < late);
        assert_ne!(early, other);
    }

    #[test]
    fn a_call_whose_id_tells_no_time_has_digests_like_any() {
        for call in ["3f1eb0a7-0000-4000-8000-000000000001", "call_1", ""] {
            assert_eq!(digest(call, "one"), *Sha256::digest("one"), "{call}");
        }
    }
}
