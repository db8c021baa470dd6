//! The deliveries of a subscription, a page at a time.

use std::collections::{HashMap, HashSet};

use entity::{
    DeliveryId, EventId, SubscriptionId,
    delivery_attempts::{self as attempts, Column as Attempt},
    delivery_queue::{self as queue, Column as Queued},
    events,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{
    Logged, Wanted,
    line::{End, Line, Place, Section},
    status::{Status, is_held},
};
use crate::{
    error::Result,
    infra::walk::{Walk, cursor},
};

/// How many rows are read at once where some of them may not be wanted.
const ROWS_PER_READ: usize = 500;
/// What a page may look at before it is cut short.
const ROWS_PER_PAGE_MAX: usize = 10_000;

/// A page of lines, and where the next one begins.
pub async fn list(
    conn: &impl ConnectionTrait,
    logged: &Logged,
    wanted: &Wanted,
    walk: &Walk<Place>,
) -> Result<(Vec<Line>, Option<String>)> {
    let rows_per_read = match wanted.is_everything() {
        true => walk.rows_to_read(),
        false => ROWS_PER_READ,
    };
    let (mut lines, mut rows_read) = (Vec::new(), 0);
    for section in sections(logged, wanted.status).iter().copied() {
        let mut after = match walk.after {
            Some(place) if place.section() > section => continue,
            place => place.filter(|place| place.section() == section),
        };
        loop {
            let from = From {
                section,
                after,
                limit: rows_per_read,
            };
            let rows = read(conn, logged, wanted, from).await?;
            let is_last = rows.count < rows_per_read;
            rows_read += rows.count;
            lines.extend(rows.lines.into_iter().filter(|line| line.is_wanted(wanted)));
            if lines.len() > walk.limit {
                let next = walk.cut(&mut lines, |line| line.place)?;
                return Ok((lines, next));
            }
            match rows.last {
                Some(last) if !is_last && rows_read >= ROWS_PER_PAGE_MAX => {
                    return Ok((lines, Some(cursor(&last)?)));
                }
                Some(last) if !is_last => after = Some(last),
                _ => break,
            }
        }
    }
    Ok((lines, None))
}

/// Where deliveries of this status are found. What waits is held or not as
/// its lane is, all of it.
fn sections(logged: &Logged, status: Option<Status>) -> &'static [Section] {
    let is_held = logged.lane.as_ref().is_some_and(is_held);
    match status {
        None => &[Section::Untried, Section::Tried, Section::Ended],
        Some(status) if status.has_ended() => &[Section::Ended],
        Some(Status::Held) if is_held => &[Section::Untried, Section::Tried],
        Some(Status::Pending) if !is_held => &[Section::Untried],
        Some(Status::Retrying) if !is_held => &[Section::Tried],
        Some(_) => &[],
    }
}

/// Where a look at an index begins, and how many rows it takes.
#[derive(Clone, Copy)]
struct From {
    section: Section,
    after: Option<Place>,
    limit: usize,
}

/// What it found.
struct Rows {
    lines: Vec<Line>,
    /// How many rows were there, and the last one's place.
    count: usize,
    last: Option<Place>,
}

async fn read(
    conn: &impl ConnectionTrait,
    logged: &Logged,
    wanted: &Wanted,
    from: From,
) -> Result<Rows> {
    let lines = match from.section {
        Section::Untried | Section::Tried => waiting(conn, logged, from).await?,
        Section::Ended => ended(conn, logged.id(), wanted, from).await?,
    };
    let (count, last) = (lines.len(), lines.last().map(|line| line.place));
    let lines = match from.section {
        Section::Ended => without_superseded(conn, lines).await?,
        Section::Untried | Section::Tried => lines,
    };
    Ok(Rows { lines, count, last })
}

async fn waiting(conn: &impl ConnectionTrait, logged: &Logged, from: From) -> Result<Vec<Line>> {
    let (of_section, order) = match from.section {
        // As the partial indexes have it, word for word.
        Section::Untried => (Expr::cust("attempt = 0"), Queued::Position),
        _ => (Expr::cust("attempt > 0"), Queued::DueAt),
    };
    let mut query = queue::Entity::find()
        .filter(Queued::SubscriptionId.eq(logged.id()))
        .filter(of_section)
        .order_by_desc(order)
        .order_by_desc(Queued::Id)
        .limit(from.limit as u64);
    if let Some(Place::Untried { position: at, id } | Place::Tried { due_at: at, id }) = from.after
    {
        let place = Expr::tuple([Expr::col(order), Expr::col(Queued::Id)]);
        query = query.filter(place.lt(Expr::tuple([Expr::value(at), Expr::value(id)])));
    }
    lines_of(conn, logged, query.all(conn).await?).await
}

/// Rows of the queue as lines, with the kinds of their events.
pub(super) async fn lines_of(
    conn: &impl ConnectionTrait,
    logged: &Logged,
    rows: Vec<queue::Model>,
) -> Result<Vec<Line>> {
    let kinds: Vec<(EventId, String)> = events::Entity::find()
        .select_only()
        .columns([events::Column::Id, events::Column::Kind])
        .filter(events::Column::Id.is_in(rows.iter().map(|row| row.event_id)))
        .into_tuple()
        .all(conn)
        .await?;
    let kinds: HashMap<_, _> = kinds.into_iter().collect();
    let line = |row: &queue::Model| {
        let kind = kinds.get(&row.event_id).cloned().unwrap_or_default();
        Line::waiting(logged.lane.as_ref(), row, kind)
    };
    Ok(rows.iter().map(line).collect())
}

async fn ended(
    conn: &impl ConnectionTrait,
    subscription: SubscriptionId,
    wanted: &Wanted,
    from: From,
) -> Result<Vec<Line>> {
    let of_status = match wanted.status {
        Some(Status::Failed | Status::Dropped) => "final AND outcome <> 'delivered'",
        _ => "final",
    };
    let mut query = attempts::Entity::find()
        .filter(Attempt::SubscriptionId.eq(subscription))
        .filter(Expr::cust(of_status))
        .order_by_desc(Attempt::CreatedAt)
        .order_by_desc(Attempt::Id)
        .limit(from.limit as u64);
    if let Some(since) = wanted.since {
        query = query.filter(Attempt::CreatedAt.gte(since));
    }
    if let Some(until) = wanted.until {
        query = query.filter(Attempt::CreatedAt.lt(until));
    }
    if let Some(Place::Ended { at, id }) = from.after {
        let place = Expr::tuple([Expr::col(Attempt::CreatedAt), Expr::col(Attempt::Id)]);
        query = query.filter(place.lt(Expr::tuple([Expr::value(at), Expr::value(id)])));
    }
    let ends: Vec<End> = query.into_partial_model().all(conn).await?;
    Ok(ends.into_iter().map(Line::ended).collect())
}

/// Leaves out the ends of deliveries that wait again, or have ended again.
pub(super) async fn without_superseded(
    conn: &impl ConnectionTrait,
    mut lines: Vec<Line>,
) -> Result<Vec<Line>> {
    let ids = || lines.iter().map(|line| line.id);
    let waiting: Vec<DeliveryId> = queue::Entity::find()
        .select_only()
        .column(Queued::Id)
        .filter(Queued::Id.is_in(ids()))
        .into_tuple()
        .all(conn)
        .await?;
    let latest: Vec<(DeliveryId, i64)> = attempts::Entity::find()
        .select_only()
        .column(Attempt::DeliveryId)
        .column_as(Attempt::Id.max(), "latest")
        .filter(Attempt::DeliveryId.is_in(ids()))
        .filter(Expr::cust("final"))
        .group_by(Attempt::DeliveryId)
        .into_tuple()
        .all(conn)
        .await?;
    let waiting: HashSet<_> = waiting.into_iter().collect();
    let latest: HashMap<_, _> = latest.into_iter().collect();
    lines.retain(|line| {
        let is_latest = match line.place {
            Place::Ended { id, .. } => latest.get(&line.id) == Some(&id),
            Place::Untried { .. } | Place::Tried { .. } => true,
        };
        is_latest && !waiting.contains(&line.id)
    });
    Ok(lines)
}
