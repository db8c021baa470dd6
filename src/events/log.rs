//! The log of what was told, newest first.
//!
//! It is walked by position, which grows with time, so no index of times is
//! needed: where a moment stands in it is found by halving. Processes commit at
//! their own pace, so the order of times is only nearly that of positions, and
//! each bound is given some room before the times themselves are compared.

use std::ops::Range;

use entity::{
    CallId, EventId, calls,
    events::{Column, Entity, Model},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};

use super::Kind;
use crate::{
    auth::Scope,
    error::{Error, Result},
    infra::{
        clock::Millis,
        seal::{Place, Seal},
        walk::{Walk, cursor},
    },
};

const ROWS_PER_READ: usize = 500;
/// What a page may look at before it is cut short.
const ROWS_PER_PAGE_MAX: usize = 10_000;
/// More than are committed within the moments that commits may be apart.
const ROWS_OUT_OF_ORDER_MAX: i64 = 10_000;
/// No transaction lives longer.
const MILLIS_OUT_OF_ORDER_MAX: Millis = 60_000;

/// Which events are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub kind: Option<Kind>,
    /// One that the caller may see, and so all of its events.
    pub call: Option<CallId>,
    /// Told from here on, and before there.
    pub since: Option<Millis>,
    pub until: Option<Millis>,
}

/// An event with the bytes that are sent.
#[derive(Debug)]
pub struct Opened {
    pub row: Model,
    pub payload: Vec<u8>,
}

/// An event's exact bytes.
pub fn open(seal: &Seal, event: &Model) -> Result<Vec<u8>> {
    let place = Place {
        table: "events",
        column: "payload",
        row: event.id.as_bytes(),
    };
    let plain = seal.open(place, &event.payload.0);
    Ok(plain.map_err(Error::internal)?.to_vec())
}

/// A page of events, newest first, and where the next one begins.
pub async fn list(
    conn: &impl ConnectionTrait,
    seal: &Seal,
    scope: &Scope,
    wanted: &Wanted,
    walk: &Walk<i64>,
) -> Result<(Vec<Opened>, Option<String>)> {
    let seen = match wanted.call {
        Some(call) => Condition::all().add(Column::CallId.eq(call)),
        None => scope.owns(Column::Owner),
    };
    let mut before = match (walk.after, wanted.until) {
        (Some(after), _) => after,
        (None, Some(until)) => first_at(conn, until).await? + ROWS_OUT_OF_ORDER_MAX,
        (None, None) => i64::MAX,
    };
    let (mut found, mut rows_read) = (Vec::new(), 0);
    loop {
        let rows = read(conn, seen.clone(), before).await?;
        rows_read += rows.len();
        let is_last =
            rows.len() < ROWS_PER_READ || rows.last().is_some_and(|row| wanted.is_past(row));
        before = rows.last().map_or(before, |row| row.position);
        found.extend(rows.into_iter().filter(|row| wanted.takes(row)));
        if found.len() > walk.limit || is_last {
            let next = walk.cut(&mut found, |row| row.position)?;
            return Ok((opened(conn, seal, &found).await?, next));
        }
        if rows_read >= ROWS_PER_PAGE_MAX {
            return Ok((opened(conn, seal, &found).await?, Some(cursor(&before)?)));
        }
    }
}

/// What decides whether an event is wanted; its payload is read for those that are.
struct Row {
    position: i64,
    kind: String,
    created_at: Millis,
}

impl Wanted {
    fn takes(&self, row: &Row) -> bool {
        self.kind.is_none_or(|kind| kind.name() == row.kind)
            && self.since.is_none_or(|since| since <= row.created_at)
            && self.until.is_none_or(|until| row.created_at < until)
    }

    /// Nothing further down the log is wanted.
    fn is_past(&self, row: &Row) -> bool {
        self.since
            .is_some_and(|since| row.created_at < since - MILLIS_OUT_OF_ORDER_MAX)
    }
}

async fn read(conn: &impl ConnectionTrait, seen: Condition, before: i64) -> Result<Vec<Row>> {
    let rows: Vec<(i64, String, Millis)> = Entity::find()
        .select_only()
        .columns([Column::Position, Column::Kind, Column::CreatedAt])
        .filter(seen)
        .filter(Column::Position.lt(before))
        .order_by_desc(Column::Position)
        .limit(ROWS_PER_READ as u64)
        .into_tuple()
        .all(conn)
        .await?;
    let row = |(position, kind, created_at)| Row {
        position,
        kind,
        created_at,
    };
    Ok(rows.into_iter().map(row).collect())
}

async fn opened(conn: &impl ConnectionTrait, seal: &Seal, rows: &[Row]) -> Result<Vec<Opened>> {
    let events = Entity::find()
        .filter(Column::Position.is_in(rows.iter().map(|row| row.position)))
        .order_by_desc(Column::Position)
        .all(conn)
        .await?;
    let opened = events
        .into_iter()
        .filter_map(|row| opened_or_reported(seal, row));
    Ok(opened.collect())
}

/// One that no key opens must not hide the others: it is left out, and the log
/// says so.
fn opened_or_reported(seal: &Seal, row: Model) -> Option<Opened> {
    match open(seal, &row) {
        Ok(payload) => Some(Opened { row, payload }),
        Err(error) => {
            let why = error.source_chain().unwrap_or_default();
            tracing::error!(event = %row.id, why, "an event cannot be opened, and is not listed");
            None
        }
    }
}

/// Between which positions all stand that were told in this time, and some others.
pub async fn places(
    conn: &impl ConnectionTrait,
    since: Millis,
    until: Option<Millis>,
) -> Result<Range<i64>> {
    let first = first_at(conn, since).await? - ROWS_OUT_OF_ORDER_MAX;
    let end = match until {
        Some(until) => first_at(conn, until).await? + ROWS_OUT_OF_ORDER_MAX,
        None => i64::MAX,
    };
    Ok(first.max(0)..end)
}

/// The first position of events that were told then or later, nearly.
pub(super) async fn first_at(conn: &impl ConnectionTrait, moment: Millis) -> Result<i64> {
    let (mut low, mut high) = (0, last_position(conn).await? + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let row: Option<(i64, Millis)> = Entity::find()
            .select_only()
            .columns([Column::Position, Column::CreatedAt])
            .filter(Column::Position.gte(middle))
            .order_by_asc(Column::Position)
            .into_tuple()
            .one(conn)
            .await?;
        match row {
            Some((position, at)) if at < moment => low = position + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

pub(super) async fn last_position(conn: &impl ConnectionTrait) -> Result<i64> {
    let last = Entity::find()
        .select_only()
        .column(Column::Position)
        .order_by_desc(Column::Position)
        .into_tuple()
        .one(conn)
        .await?;
    Ok(last.unwrap_or(0))
}

/// One event: its own owner may see it, and its call's, who may have come later.
pub async fn find(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    id: EventId,
) -> Result<Option<Model>> {
    let calls = calls::Entity::find()
        .select_only()
        .column(calls::Column::Id)
        .filter(scope.owns(calls::Column::Owner));
    let seen = Condition::any()
        .add(scope.owns(Column::Owner))
        .add(Column::CallId.in_subquery(calls.into_query()));
    let event = Entity::find().filter(Column::Id.eq(id)).filter(seen);
    Ok(event.one(conn).await?)
}
