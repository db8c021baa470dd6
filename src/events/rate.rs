//! How many events there were lately.
//!
//! Nothing is counted while events are recorded: what is asked for now and
//! then is counted then, by position. Of one owner by its index, up to a
//! limit; of everybody it is the distance between two positions, of which
//! PostgreSQL leaves a few out where a transaction was rolled back.

use std::time::Duration;

use entity::events::{Column, Entity};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
};

use super::log::{first_at, last_position};
use crate::{
    auth::Scope,
    error::Result,
    infra::clock::{Millis, millis_of},
};

/// Nobody counts further than this.
pub const EVENTS_COUNTED_MAX: u64 = 100_000;

/// How many events there were in the time up to now.
pub async fn within(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    now: Millis,
    time: Duration,
) -> Result<u64> {
    let first = first_at(conn, now - millis_of(time)).await?;
    if scope.includes(None) {
        let last = last_position(conn).await?;
        return Ok(u64::try_from(last - first.max(1) + 1).unwrap_or(0));
    }
    let events = Entity::find()
        .filter(scope.owns(Column::Owner))
        .filter(Column::Position.gte(first))
        .limit(EVENTS_COUNTED_MAX);
    Ok(events.count(conn).await?)
}
