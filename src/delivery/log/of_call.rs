//! The deliveries of one call to one subscription.
//!
//! They are found from the call's events, of which there are few: the first
//! delivery of each has an id that follows from it. Whatever is sent again under
//! an id of its own stands at the event's place in the lane, and its attempts in
//! an index by event.

use entity::{
    CallId, DeliveryId, EventId,
    delivery_attempts::{self as attempts, Column as Attempt},
    delivery_queue::{self as queue, Column as Queued},
    events,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{
    Logged, Wanted,
    attempts::{of_firsts, of_replays},
    line::{End, Line, Place},
    list::{lines_of, without_superseded},
};
use crate::{error::Result, infra::walk::Walk};

/// The latest of a call that has more, which hardly any has.
const EVENTS_PER_CALL_MAX: u64 = 5_000;

/// A page of lines, and where the next one begins.
pub async fn list(
    conn: &impl ConnectionTrait,
    logged: &Logged,
    call: CallId,
    wanted: &Wanted,
    walk: &Walk<Place>,
) -> Result<(Vec<Line>, Option<String>)> {
    let events = events_of(conn, call).await?;
    let rows = rows(conn, logged, call, &events).await?;
    let mut lines = lines_of(conn, logged, rows).await?;
    lines.extend(ended(conn, logged, &events).await?);
    lines.retain(|line| line.is_wanted(wanted));
    lines.sort_by_key(|line| line.place.rank());
    if let Some(after) = walk.after {
        lines.retain(|line| line.place.rank() > after.rank());
    }
    let next = walk.cut(&mut lines, |line| line.place)?;
    Ok((lines, next))
}

pub(in crate::delivery) async fn events_of(
    conn: &impl ConnectionTrait,
    call: CallId,
) -> Result<Vec<(EventId, i64)>> {
    let events = events::Entity::find()
        .select_only()
        .columns([events::Column::Id, events::Column::Position])
        .filter(events::Column::CallId.eq(call))
        .order_by_desc(events::Column::Position)
        .limit(EVENTS_PER_CALL_MAX);
    Ok(events.into_tuple().all(conn).await?)
}

/// What waits of these events.
pub(in crate::delivery) async fn rows(
    conn: &impl ConnectionTrait,
    logged: &Logged,
    call: CallId,
    events: &[(EventId, i64)],
) -> Result<Vec<queue::Model>> {
    let first_ids = events
        .iter()
        .map(|(event, _)| DeliveryId::of(logged.id(), *event));
    let firsts = queue::Entity::find().filter(Queued::Id.is_in(first_ids));
    let in_lane = || queue::Entity::find().filter(Queued::SubscriptionId.eq(logged.id()));
    let untried_replays = in_lane()
        .filter(Expr::cust("attempt = 0"))
        .filter(Queued::Position.is_in(events.iter().map(|(_, position)| *position)))
        .filter(Queued::Replay.eq(true));
    let tried_replays = in_lane()
        .filter(Expr::cust("attempt > 0"))
        .filter(Queued::CallId.eq(call))
        .filter(Queued::Replay.eq(true));
    let mut rows = firsts.all(conn).await?;
    rows.extend(untried_replays.all(conn).await?);
    rows.extend(tried_replays.all(conn).await?);
    rows.sort_by_key(|row| row.id);
    rows.dedup_by_key(|row| row.id);
    Ok(rows)
}

async fn ended(
    conn: &impl ConnectionTrait,
    logged: &Logged,
    events: &[(EventId, i64)],
) -> Result<Vec<Line>> {
    let events = || events.iter().map(|(event, _)| *event);
    let replays = of_replays(conn.get_database_backend(), events())
        .add(Attempt::SubscriptionId.eq(logged.id()));
    let mut ends = Vec::new();
    for attempts_of in [of_firsts(logged.id(), events()), replays] {
        let some: Vec<End> = attempts::Entity::find()
            .filter(attempts_of)
            .filter(Expr::cust("final"))
            .into_partial_model()
            .all(conn)
            .await?;
        ends.extend(some);
    }
    without_superseded(conn, ends.into_iter().map(Line::ended).collect()).await
}
