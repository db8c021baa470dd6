//! Tables whose rows go by their age alone, a statement each.
//!
//! The logs have no index of times: their oldest rows are looked at in the
//! order in which they were written, until one is young enough.

use sea_orm::{ConnectionTrait, Statement};

use super::batch::{Left, ROWS_MAX, count, until_nothing_is_left};
use crate::{
    app::App,
    error::Result,
    infra::{clock::Millis, db::Tx},
};

/// A table, and which of its rows go next: `$1` is the time before which they
/// are too old, `{rows}` how many may go at once.
#[derive(Clone, Copy, Debug)]
pub struct Oldest {
    table: &'static str,
    key: &'static str,
    next: &'static str,
}

pub const ATTEMPTS: Oldest = Oldest {
    table: "delivery_attempts",
    key: "id",
    next: "SELECT id FROM (SELECT id, created_at FROM delivery_attempts ORDER BY id LIMIT {rows}) AS oldest \
           WHERE created_at < $1",
};

pub const CALL_EVENTS: Oldest = Oldest {
    table: "call_events",
    key: "position",
    next: "SELECT position FROM (SELECT position, created_at FROM call_events ORDER BY position LIMIT {rows}) AS oldest \
           WHERE created_at < $1",
};

pub const IDENTITIES: Oldest = Oldest {
    table: "identities",
    key: "digest",
    next: "SELECT digest FROM identities WHERE created_at < $1 ORDER BY created_at LIMIT {rows}",
};

pub const TOOL_CALLS: Oldest = Oldest {
    table: "tool_calls",
    key: "digest",
    next: "SELECT digest FROM tool_calls WHERE created_at < $1 ORDER BY created_at LIMIT {rows}",
};

/// All of a minute at once: a row for each subscription that was sent something in it.
pub const STATS: Oldest = Oldest {
    table: "stats_minutes",
    key: "(minute, subscription_id)",
    next: "SELECT minute, subscription_id FROM stats_minutes WHERE minute < $1 \
           ORDER BY minute, subscription_id LIMIT {rows}",
};

/// The lanes of subscriptions that were deleted long ago and have no history left.
pub const LANES: Oldest = Oldest {
    table: "lanes",
    key: "subscription_id",
    next: "SELECT gone.id FROM subscriptions AS gone JOIN lanes ON lanes.subscription_id = gone.id \
           WHERE gone.deleted_at < $1 \
           AND NOT EXISTS (SELECT 1 FROM delivery_attempts AS it WHERE it.subscription_id = gone.id) \
           AND NOT EXISTS (SELECT 1 FROM delivery_queue AS it WHERE it.subscription_id = gone.id AND it.attempt = 0) \
           AND NOT EXISTS (SELECT 1 FROM delivery_queue AS it WHERE it.subscription_id = gone.id AND it.attempt > 0) \
           LIMIT {rows}",
};

/// And these themselves, once they have no lane.
pub const SUBSCRIPTIONS: Oldest = Oldest {
    table: "subscriptions",
    key: "id",
    next: "SELECT gone.id FROM subscriptions AS gone WHERE gone.deleted_at < $1 \
           AND NOT EXISTS (SELECT 1 FROM lanes WHERE lanes.subscription_id = gone.id) \
           AND NOT EXISTS (SELECT 1 FROM delivery_attempts AS it WHERE it.subscription_id = gone.id) \
           LIMIT {rows}",
};

pub const INSTANCES: Oldest = Oldest {
    table: "instances",
    key: "id",
    next: "SELECT id FROM instances WHERE expires_at < $1 ORDER BY expires_at LIMIT {rows}",
};

/// Removes all rows that are too old.
pub async fn remove(app: &App, oldest: Oldest, before: Millis) -> Result<()> {
    until_nothing_is_left(app, move |tx| remove_some(tx, oldest, before)).await
}

async fn remove_some(tx: Tx, oldest: Oldest, before: Millis) -> Result<Left> {
    let Oldest { table, key, next } = oldest;
    let next = next.replace("{rows}", &ROWS_MAX.to_string());
    let sql = format!("DELETE FROM {table} WHERE {key} IN ({next})");
    let backend = tx.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, [before.into()]);
    let removed = tx.execute_raw(statement).await?.rows_affected();
    count(table, removed);
    Ok(match removed < ROWS_MAX as u64 {
        true => Left::Nothing,
        false => Left::More,
    })
}
