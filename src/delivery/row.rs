//! A delivery as it waits in memory: a row of the queue, with what sending it
//! takes. Its bytes are shared with every other delivery of the same event.

use std::borrow::Cow;

use bytes::Bytes;
use entity::{CallId, DeliveryId, EventId};

use super::Fresh;
use crate::infra::clock::Millis;

/// What a row takes in memory beside its bytes, roughly.
const ROW_BYTES: usize = 256;

#[derive(Clone, Debug)]
pub(super) struct Row {
    pub id: DeliveryId,
    pub event: EventId,
    pub kind: Cow<'static, str>,
    pub call: Option<CallId>,
    /// When the call was first heard of.
    pub call_since: Option<Millis>,
    /// The event's place in the log.
    pub position: i64,
    /// How many attempts were made.
    pub attempt: i16,
    /// How much of the retry schedule is used.
    pub steps: u32,
    pub due_at: Millis,
    pub is_replay: bool,
    /// When it was queued.
    pub created_at: Millis,
    pub bytes: Bytes,
}

impl Row {
    /// The order in which a lane sends: that of the events, and for one event
    /// told twice, any.
    pub fn place(&self) -> (i64, DeliveryId) {
        (self.position, self.id)
    }

    pub fn is_first_try(&self) -> bool {
        self.attempt == 0
    }

    pub fn size(&self) -> usize {
        self.bytes.len() + ROW_BYTES
    }
}

impl From<Fresh> for Row {
    fn from(fresh: Fresh) -> Self {
        Self {
            id: fresh.delivery,
            event: fresh.event,
            kind: Cow::Borrowed(fresh.kind.name()),
            call: fresh.call,
            call_since: fresh.call_since,
            position: fresh.position,
            attempt: 0,
            steps: 0,
            due_at: fresh.created_at,
            is_replay: false,
            created_at: fresh.created_at,
            bytes: fresh.bytes,
        }
    }
}
