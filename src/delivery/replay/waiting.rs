//! What a replay means and what waits already: it is made due, not doubled.

use std::{collections::HashMap, ops::Range};

use entity::{
    DeliveryId, EventId,
    delivery_queue::{self as queue, Column as Queued, Model},
    events,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{ROWS_PER_TRANSACTION, Which, Wish, assert_bounded};
use crate::{
    delivery::log::{Logged, of_call},
    error::Result,
    events::log,
    infra::clock::Millis,
};

/// What waits, and whether it was tried: what was not is due as it is.
pub(super) struct Waiting {
    pub all: usize,
    pub tried: Vec<DeliveryId>,
}

pub(super) async fn find(
    conn: &impl ConnectionTrait,
    logged: &Logged,
    wish: &Wish,
) -> Result<Waiting> {
    let mut found = Waiting {
        all: 0,
        tried: Vec::new(),
    };
    if wish.which == Which::Failed {
        return Ok(found);
    }
    if let Some(call) = wish.call {
        let events = of_call::events_of(conn, call).await?;
        let rows = of_call::rows(conn, logged, call, &events).await?;
        found.add(conn, wish, rows).await?;
        return Ok(found);
    }
    let places = log::places(conn, wish.since, wish.until).await?;
    for (of_section, order) in [
        // As the partial indexes have it, word for word.
        ("attempt = 0", Queued::Position),
        ("attempt > 0", Queued::DueAt),
    ] {
        let mut after = None;
        let mut rows_read = 0;
        loop {
            let rows = read(conn, logged, &places, (of_section, order), after).await?;
            let is_last = rows.len() < ROWS_PER_TRANSACTION;
            rows_read += rows.len();
            after = rows.last().map(|row| match order {
                Queued::Position => (row.position, row.id),
                _ => (row.due_at, row.id),
            });
            found.add(conn, wish, rows).await?;
            assert_bounded(found.all, rows_read)?;
            if is_last {
                break;
            }
        }
    }
    Ok(found)
}

async fn read(
    conn: &impl ConnectionTrait,
    logged: &Logged,
    places: &Range<i64>,
    (of_section, order): (&'static str, Queued),
    after: Option<(i64, DeliveryId)>,
) -> Result<Vec<Model>> {
    let mut query = queue::Entity::find()
        .filter(Queued::SubscriptionId.eq(logged.id()))
        .filter(Expr::cust(of_section))
        .filter(Queued::Position.gte(places.start))
        .filter(Queued::Position.lt(places.end))
        .order_by_asc(order)
        .order_by_asc(Queued::Id)
        .limit(ROWS_PER_TRANSACTION as u64);
    if let Some((at, id)) = after {
        let place = Expr::tuple([Expr::col(order), Expr::col(Queued::Id)]);
        query = query.filter(place.gt(Expr::tuple([Expr::value(at), Expr::value(id.uuid())])));
    }
    Ok(query.all(conn).await?)
}

impl Waiting {
    async fn add(
        &mut self,
        conn: &impl ConnectionTrait,
        wish: &Wish,
        rows: Vec<Model>,
    ) -> Result<()> {
        let events: Vec<(EventId, String, Millis)> = events::Entity::find()
            .select_only()
            .columns([
                events::Column::Id,
                events::Column::Kind,
                events::Column::CreatedAt,
            ])
            .filter(events::Column::Id.is_in(rows.iter().map(|row| row.event_id)))
            .into_tuple()
            .all(conn)
            .await?;
        let events: HashMap<_, _> = events
            .into_iter()
            .map(|(id, kind, at)| (id, (kind, at)))
            .collect();
        for row in rows {
            let event = events.get(&row.event_id);
            if event.is_some_and(|(kind, at)| wish.means(kind, *at)) {
                self.all += 1;
                self.tried.extend((row.attempt > 0).then_some(row.id));
            }
        }
        Ok(())
    }
}
