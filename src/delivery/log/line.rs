//! A delivery in one line, be it waiting or ended, and its place in the list.

use std::cmp::Reverse;

use entity::{
    CallId, DeliveryId, EventId, SubscriptionId, delivery_attempts, delivery_queue,
    lanes::Model as Lane,
};
use sea_orm::DerivePartialModel;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Wanted, status::Status};
use crate::infra::clock::Millis;

/// The end of a delivery, without the excerpt of its answer.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "delivery_attempts::Entity")]
pub struct End {
    pub id: i64,
    pub delivery_id: DeliveryId,
    pub subscription_id: SubscriptionId,
    pub event_id: EventId,
    pub call_id: Option<CallId>,
    pub kind: String,
    pub attempt: Option<i16>,
    pub outcome: String,
    pub status_code: Option<i16>,
    pub error: Option<String>,
    pub created_at: i64,
}

/// A delivery as the list shows it.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: DeliveryId,
    pub subscription_id: SubscriptionId,
    pub event_id: EventId,
    pub call_id: Option<CallId>,
    pub kind: String,
    pub status: Status,
    pub attempts: i16,
    /// While it waits: when it is sent, if nothing holds it.
    pub due_at: Option<Millis>,
    pub ended_at: Option<Millis>,
    pub status_code: Option<i16>,
    pub error: Option<String>,
    /// When it was made, or ended.
    at: Millis,
    pub place: Place,
}

/// Where a line stands: what was never tried comes first, the newest of it
/// before the rest; then what is tried again, what is due last before the
/// rest; then what has ended, the latest before the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    Untried { position: i64, id: Uuid },
    Tried { due_at: Millis, id: Uuid },
    Ended { at: Millis, id: i64 },
}

impl Place {
    pub fn section(&self) -> Section {
        match self {
            Self::Untried { .. } => Section::Untried,
            Self::Tried { .. } => Section::Tried,
            Self::Ended { .. } => Section::Ended,
        }
    }

    /// By which lines are sorted: what is smaller stands above.
    pub fn rank(&self) -> (Section, Reverse<(i64, u128)>) {
        let below = match *self {
            Self::Untried { position, id } => (position, id.as_u128()),
            Self::Tried { due_at, id } => (due_at, id.as_u128()),
            Self::Ended { at, id } => (at, u128::from(id.unsigned_abs())),
        };
        (self.section(), Reverse(below))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    Untried,
    Tried,
    Ended,
}

impl Line {
    pub fn waiting(lane: Option<&Lane>, row: &delivery_queue::Model, kind: String) -> Self {
        let id = row.id.uuid();
        Self {
            id: row.id,
            subscription_id: row.subscription_id,
            event_id: row.event_id,
            call_id: row.call_id,
            kind,
            status: Status::waiting(lane, row.attempt),
            attempts: row.attempt,
            due_at: Some(row.due_at),
            ended_at: None,
            status_code: None,
            error: None,
            at: row.created_at,
            place: match row.attempt {
                0 => Place::Untried {
                    position: row.position,
                    id,
                },
                _ => Place::Tried {
                    due_at: row.due_at,
                    id,
                },
            },
        }
    }

    pub fn ended(end: End) -> Self {
        Self {
            id: end.delivery_id,
            subscription_id: end.subscription_id,
            event_id: end.event_id,
            call_id: end.call_id,
            kind: end.kind,
            status: Status::ended(&end.outcome),
            attempts: end.attempt.unwrap_or_default(),
            due_at: None,
            ended_at: Some(end.created_at),
            status_code: end.status_code,
            error: end.error,
            at: end.created_at,
            place: Place::Ended {
                at: end.created_at,
                id: end.id,
            },
        }
    }

    /// The first delivery of an event has an id that follows from it; any
    /// other is a replay.
    pub fn is_replay(&self) -> bool {
        self.id != DeliveryId::of(self.subscription_id, self.event_id)
    }

    pub fn is_wanted(&self, wanted: &Wanted) -> bool {
        wanted.status.is_none_or(|status| status == self.status)
            && wanted.kind.is_none_or(|kind| kind.name() == self.kind)
            && wanted.since.is_none_or(|since| since <= self.at)
            && wanted.until.is_none_or(|until| self.at < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ones_stand_above_ended_ones_and_newer_above_older() {
        let id = Uuid::nil();
        let places = [
            Place::Untried { position: 9, id },
            Place::Untried { position: 2, id },
            Place::Tried { due_at: 9, id },
            Place::Tried { due_at: 3, id },
            Place::Ended { at: 9, id: 2 },
            Place::Ended { at: 9, id: 1 },
            Place::Ended { at: 8, id: 3 },
        ];
        let mut sorted = places;
        sorted.reverse();
        sorted.sort_by_key(Place::rank);
        assert_eq!(sorted, places);
    }
}
