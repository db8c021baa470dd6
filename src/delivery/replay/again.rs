//! What a replay means and what has ended: it is queued once more.

use std::collections::{HashMap, HashSet};

use entity::{
    CallId, DeliveryId, EventId, SubscriptionId,
    delivery_attempts::{self as attempts, Column as Attempt},
    delivery_queue::{self as queue, Column as Queued},
    events,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, IntoCondition},
};

use super::{ROWS_MAX, ROWS_PER_TRANSACTION, Which, Wish};
use crate::{
    delivery::{
        log::{
            Logged,
            attempts::{of_firsts, of_replays},
            status::Status,
        },
        queue::rewind::rewind,
    },
    error::Result,
    events::log,
    infra::{
        clock::Millis,
        db::{Tx, rows::Rows},
    },
};

/// Where the search goes on: in the history of the subscription, which no
/// event is in before it was told, in the events of a call, or in the log of all
/// events. An event may have ended long after it was told, so a history has no
/// end but now; the log has one where the wish has.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cursor {
    History { at: Millis, id: i64 },
    Call { call: CallId, position: i64 },
    Log { end: i64, position: i64 },
}

/// What one look found.
pub(super) struct Seen {
    pub events: Vec<EventId>,
    pub rows: usize,
    pub next: Option<Cursor>,
}

/// An old event for a subscription, to be queued.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repeat {
    pub id: EventId,
    pub position: i64,
    pub call_id: Option<CallId>,
}

impl Cursor {
    /// Begins where there is less to look through.
    pub async fn start(conn: &impl ConnectionTrait, logged: &Logged, wish: &Wish) -> Result<Self> {
        if let Some(call) = wish.call {
            return Ok(Self::Call { call, position: 0 });
        }
        let history = Self::History {
            at: wish.since,
            id: 0,
        };
        if wish.until.is_none() {
            return Ok(history);
        }
        let places = log::places(conn, wish.since, wish.until).await?;
        let length = u64::try_from(places.end - places.start).unwrap_or(0);
        let is_short = length <= ROWS_MAX as u64;
        if !is_short || !has_ended_more_often(conn, logged.id(), wish, length).await? {
            return Ok(history);
        }
        Ok(Self::Log {
            end: places.end,
            position: places.start - 1,
        })
    }

    pub async fn look(
        self,
        conn: &impl ConnectionTrait,
        logged: &Logged,
        wish: &Wish,
    ) -> Result<Seen> {
        match self {
            Self::History { at, id } => history(conn, logged.id(), wish, (at, id)).await,
            Self::Call { call, position } => {
                let of_call = events::Column::CallId.eq(call);
                told(conn, of_call, position, |position| Self::Call {
                    call,
                    position,
                })
                .await
            }
            Self::Log { end, position } => {
                let before_end = events::Column::Position.lt(end);
                told(conn, before_end, position, |position| Self::Log {
                    end,
                    position,
                })
                .await
            }
        }
    }
}

/// Whether the history is longer than that.
async fn has_ended_more_often(
    conn: &impl ConnectionTrait,
    subscription: SubscriptionId,
    wish: &Wish,
    length: u64,
) -> Result<bool> {
    let ends = attempts::Entity::find()
        .select_only()
        .column(Attempt::Id)
        .filter(Attempt::SubscriptionId.eq(subscription))
        .filter(Expr::cust(wish.which.ends()))
        .filter(Attempt::CreatedAt.gte(wish.since))
        .limit(length + 1);
    Ok(ends.count(conn).await? > length)
}

async fn history(
    conn: &impl ConnectionTrait,
    subscription: SubscriptionId,
    wish: &Wish,
    after: (Millis, i64),
) -> Result<Seen> {
    let place = Expr::tuple([Expr::col(Attempt::CreatedAt), Expr::col(Attempt::Id)]);
    let rows: Vec<(EventId, Millis, i64)> = attempts::Entity::find()
        .select_only()
        .columns([Attempt::EventId, Attempt::CreatedAt, Attempt::Id])
        .filter(Attempt::SubscriptionId.eq(subscription))
        .filter(Expr::cust(wish.which.ends()))
        .filter(place.gt(Expr::tuple([Expr::value(after.0), Expr::value(after.1)])))
        .order_by_asc(Attempt::CreatedAt)
        .order_by_asc(Attempt::Id)
        .limit(ROWS_PER_TRANSACTION as u64)
        .into_tuple()
        .all(conn)
        .await?;
    let last = rows.last().filter(|_| rows.len() == ROWS_PER_TRANSACTION);
    Ok(Seen {
        rows: rows.len(),
        next: last.map(|(_, at, id)| Cursor::History { at: *at, id: *id }),
        events: rows.iter().map(|(event, ..)| *event).collect(),
    })
}

/// Events, in the order of the log.
async fn told(
    conn: &impl ConnectionTrait,
    which: impl IntoCondition,
    after: i64,
    next: impl FnOnce(i64) -> Cursor,
) -> Result<Seen> {
    let rows: Vec<(EventId, i64)> = events::Entity::find()
        .select_only()
        .columns([events::Column::Id, events::Column::Position])
        .filter(which)
        .filter(events::Column::Position.gt(after))
        .order_by_asc(events::Column::Position)
        .limit(ROWS_PER_TRANSACTION as u64)
        .into_tuple()
        .all(conn)
        .await?;
    let last = rows.last().filter(|_| rows.len() == ROWS_PER_TRANSACTION);
    Ok(Seen {
        rows: rows.len(),
        next: last.map(|(_, position)| next(*position)),
        events: rows.iter().map(|(event, _)| *event).collect(),
    })
}

/// Those of these events that are to be sent again: they are meant, they have
/// ended as is wished, and no delivery of theirs waits.
pub(super) async fn repeats(
    conn: &impl ConnectionTrait,
    logged: &Logged,
    wish: &Wish,
    seen: &[EventId],
) -> Result<Vec<Repeat>> {
    let ends = ends(conn, logged.id(), seen).await?;
    let rows: Vec<events::Model> = events::Entity::find()
        .filter(events::Column::Id.is_in(ends.keys().copied()))
        .order_by_asc(events::Column::Position)
        .all(conn)
        .await?;
    let mut repeats: Vec<Repeat> = rows
        .iter()
        .filter(|event| wish.means(&event.kind, event.created_at))
        .filter(|event| {
            ends.get(&event.id)
                .is_some_and(|ends| wish.which.takes(ends))
        })
        .map(|event| Repeat {
            id: event.id,
            position: event.position,
            call_id: event.call_id,
        })
        .collect();
    let waiting = waiting(conn, logged.id(), &repeats).await?;
    repeats.retain(|repeat| !waiting.contains(&repeat.id));
    Ok(repeats)
}

impl Which {
    /// What of the history is looked through, word for word as its indexes have it.
    fn ends(self) -> &'static str {
        match self {
            Self::Failed | Self::Undelivered => "final AND outcome <> 'delivered'",
            Self::All => "final",
        }
    }

    /// An event that was delivered once is not undelivered, however often it
    /// failed besides.
    pub(super) fn takes(self, ends: &[Status]) -> bool {
        match self {
            Self::All => !ends.is_empty(),
            Self::Failed | Self::Undelivered => {
                ends.contains(&Status::Failed) && !ends.contains(&Status::Delivered)
            }
        }
    }
}

async fn ends(
    conn: &impl ConnectionTrait,
    subscription: SubscriptionId,
    seen: &[EventId],
) -> Result<HashMap<EventId, Vec<Status>>> {
    let replays = of_replays(conn.get_database_backend(), seen.iter().copied())
        .add(Attempt::SubscriptionId.eq(subscription));
    let mut ends: HashMap<EventId, Vec<Status>> = HashMap::new();
    for attempts_of in [of_firsts(subscription, seen.iter().copied()), replays] {
        let rows: Vec<(EventId, String)> = attempts::Entity::find()
            .select_only()
            .columns([Attempt::EventId, Attempt::Outcome])
            .filter(attempts_of)
            .filter(Expr::cust("final"))
            .into_tuple()
            .all(conn)
            .await?;
        for (event, outcome) in rows {
            ends.entry(event).or_default().push(Status::ended(&outcome));
        }
    }
    Ok(ends)
}

/// Those of these events that a subscription has a delivery of in the queue: the first one by
/// the id that follows, replays by their place in the lane.
pub(super) async fn waiting(
    conn: &impl ConnectionTrait,
    subscription: SubscriptionId,
    repeats: &[Repeat],
) -> Result<HashSet<EventId>> {
    let events = || queue::Entity::find().select_only().column(Queued::EventId);
    let first_ids = repeats
        .iter()
        .map(|repeat| DeliveryId::of(subscription, repeat.id));
    let firsts = events().filter(Queued::Id.is_in(first_ids));
    let untried = events()
        .filter(Queued::SubscriptionId.eq(subscription))
        .filter(Expr::cust("attempt = 0"))
        .filter(Queued::Position.is_in(repeats.iter().map(|repeat| repeat.position)));
    let tried = events()
        .filter(Queued::SubscriptionId.eq(subscription))
        .filter(Expr::cust("attempt > 0"))
        .filter(Queued::EventId.is_in(repeats.iter().map(|repeat| repeat.id)));
    let mut waiting = HashSet::new();
    for query in [firsts, untried, tried] {
        let some: Vec<EventId> = query.into_tuple().all(conn).await?;
        waiting.extend(some);
    }
    Ok(waiting)
}

/// Queues old events for a subscription, as new deliveries.
pub(super) async fn enqueue(
    tx: &Tx,
    subscription: SubscriptionId,
    repeats: &[Repeat],
    now: Millis,
) -> Result<()> {
    let rows = repeats.iter().map(|repeat| queue::ActiveModel {
        id: Set(DeliveryId::of_replay(repeat.id)),
        subscription_id: Set(subscription),
        event_id: Set(repeat.id),
        call_id: Set(repeat.call_id),
        position: Set(repeat.position),
        attempt: Set(0),
        due_at: Set(now),
        replay: Set(true),
        created_at: Set(now),
        steps: Set(0),
        asked_to_wait: Set(false),
    });
    Rows::new(rows).add(tx).await?;
    rewind(tx, subscription).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use Status::{Delivered, Dropped, Failed};

    #[test]
    fn what_was_delivered_once_is_sent_again_only_with_all() {
        for which in [Which::Failed, Which::Undelivered] {
            assert!(which.takes(&[Failed]));
            assert!(which.takes(&[Failed, Dropped]));
            assert!(!which.takes(&[Failed, Delivered]));
            assert!(!which.takes(&[Dropped]));
            assert!(!which.takes(&[]));
        }
        assert!(Which::All.takes(&[Failed, Delivered]));
        assert!(Which::All.takes(&[Dropped]));
        assert!(!Which::All.takes(&[]));
    }
}
