//! The attempts at deliveries of an event, without an index that each of them would stand in.
//!
//! The first delivery of an event to a subscription has an id that follows from
//! the two, and is as old as the event: attempts are found by it, one by one or by
//! that time. A replay has an id of its own time. Replays are few, and an index that
//! has nothing but them finds those of an event.

use entity::{DeliveryId, EventId, SubscriptionId, delivery_attempts::Column as Attempt};
use sea_orm::{ColumnTrait, Condition, DbBackend, sea_query::Expr};

/// As the index says it. The first six bytes of an id are its time.
fn is_replay(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => {
            "substr(uuid_send(delivery_id), 1, 6) <> substr(uuid_send(event_id), 1, 6)"
        }
        _ => "substr(delivery_id, 1, 6) <> substr(event_id, 1, 6)",
    }
}

/// Of the first deliveries of these events to this subscription.
pub(in crate::delivery) fn of_firsts(
    subscription: SubscriptionId,
    events: impl IntoIterator<Item = EventId>,
) -> Condition {
    let ids = events
        .into_iter()
        .map(|event| DeliveryId::of(subscription, event));
    Condition::all().add(Attempt::DeliveryId.is_in(ids))
}

/// Of the first deliveries of these events, to whomever.
pub(in crate::delivery) fn of_firsts_to_all(events: &[EventId]) -> Condition {
    let as_old = events.iter().map(|event| {
        let ids = DeliveryId::as_old_as(*event);
        Attempt::DeliveryId.between(*ids.start(), *ids.end())
    });
    let as_old = as_old.fold(Condition::any(), Condition::add);
    // Others may have been told of in the same millisecond. Where there are no events, nothing is.
    Condition::all()
        .add(Attempt::EventId.is_in(events.iter().copied()))
        .add(as_old)
}

/// Of replays of these events, to whomever.
pub(in crate::delivery) fn of_replays(
    backend: DbBackend,
    events: impl IntoIterator<Item = EventId>,
) -> Condition {
    Condition::all()
        .add(Attempt::EventId.is_in(events))
        .add(Expr::cust(is_replay(backend)))
}
