//! The log: what became of each delivery, and what it waits for if nothing did.
//!
//! ```text
//!   delivery_queue, untried ─┐
//!   delivery_queue, tried ───┼──▶ line ──▶ list · of_call · read
//!   delivery_attempts, final ┘    with its status, and why
//! ```
//!
//! A delivery is in the queue until it ends, and then its last attempt says how.
//! One that somebody sends again comes back into the queue under the same id,
//! so of several ends only the latest counts, and none while it waits again.
//!
//! Each list is a walk along an index. Where a filter has none of its own, a
//! walk looks at a bounded number of rows: a page may be short, or empty, though
//! another follows.

pub mod attempts;
pub mod caused;
pub mod line;
pub mod list;
pub mod of_call;
pub mod read;
pub mod status;
pub mod why;

use entity::{
    SubscriptionId,
    lanes::{self, Model as Lane},
    subscriptions::{Column, Entity, Model, SubscriptionScope},
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter};

use crate::{auth::Scope, error::Result, events::Kind, infra::clock::Millis};
use status::Status;

/// A subscription whose deliveries somebody may see, with its lane. One that
/// is deleted keeps its history, and loses its lane once that is empty.
#[derive(Clone, Debug)]
pub struct Logged {
    pub subscription: Model,
    pub lane: Option<Lane>,
}

/// Which deliveries are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub status: Option<Status>,
    pub kind: Option<Kind>,
    /// When it ended, or was made if it waits: from here on, and before there.
    pub since: Option<Millis>,
    pub until: Option<Millis>,
}

impl Wanted {
    pub fn is_everything(&self) -> bool {
        matches!(
            self,
            Self {
                status: None,
                kind: None,
                since: None,
                until: None,
            }
        )
    }
}

impl Logged {
    pub async fn find(
        conn: &impl ConnectionTrait,
        scope: &Scope,
        id: SubscriptionId,
    ) -> Result<Option<Self>> {
        let found = Entity::find_by_id(id).filter(scope.owns(Column::Owner));
        let Some(subscription) = found.one(conn).await? else {
            return Ok(None);
        };
        // It was told of everybody's calls, and its owner's users are not everybody.
        let hears_everybody = subscription.scope == SubscriptionScope::All;
        if hears_everybody && !scope.includes(None) {
            return Ok(None);
        }
        let lane = lanes::Entity::find_by_id(id).one(conn).await?;
        Ok(Some(Self { subscription, lane }))
    }

    pub fn id(&self) -> SubscriptionId {
        self.subscription.id
    }
}

#[cfg(test)]
pub(super) mod tests {
    use entity::{DeliveryId, EventId, SubscriptionId, delivery_queue, lanes};
    use uuid::Uuid;

    pub fn lane(state: lanes::LaneState) -> lanes::Model {
        lanes::Model {
            subscription_id: SubscriptionId::from_uuid(Uuid::nil()),
            owner: None,
            owned_at: None,
            state,
            consecutive_failures: 5,
            probes: 0,
            next_probe_at: None,
            next_probe_id: None,
            delivered_total: 0,
            failed_total: 0,
            last_success_at: None,
            last_failure_at: None,
            last_error: None,
            deactivated_at: None,
            deactivated_reason: None,
            drop_before: None,
            rewound: 0,
        }
    }

    pub fn queued(attempt: i16) -> delivery_queue::Model {
        delivery_queue::Model {
            id: DeliveryId::from_uuid(Uuid::nil()),
            subscription_id: SubscriptionId::from_uuid(Uuid::nil()),
            event_id: EventId::from_uuid(Uuid::nil()),
            call_id: None,
            position: 1,
            attempt,
            due_at: 100,
            replay: false,
            created_at: 100,
            steps: i32::from(attempt),
            asked_to_wait: false,
        }
    }
}
