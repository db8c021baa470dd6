//! What telling takes to know of the database, asked beforehand by who asks
//! something else in the same turn.
//!
//! The epoch says whether those who hear of events are still the ones in memory.
//! And on SQLite, where a transaction has the database to itself, the log's end
//! says where each new event will stand: so nobody waits to hear it, and the
//! events can go in the turn of the commit.

use sea_orm::{DbBackend, QueryResult};

use crate::{error::Result, subscriptions::EPOCH};

#[derive(Clone, Copy, Debug, Default)]
pub struct Beforehand {
    /// Nothing where it was not asked.
    pub(super) epoch: Option<i64>,
    /// The last place that was ever given; nothing where others give some meanwhile.
    pub(super) log_end: Option<i64>,
}

impl Beforehand {
    /// Expressions, and `AS` what.
    pub fn question(backend: DbBackend) -> String {
        let log_end = match backend {
            DbBackend::Postgres => "NULL::bigint",
            // As SQLite itself asks before it gives a row its number.
            _ => {
                "max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0),
                     coalesce((SELECT max(position) FROM events), 0))"
            }
        };
        format!("{EPOCH}, {log_end} AS log_end")
    }

    pub fn of(answer: Option<&QueryResult>) -> Result<Self> {
        let Some(row) = answer else {
            return Ok(Self::default());
        };
        Ok(Self {
            epoch: row.try_get("", "epoch")?,
            log_end: row.try_get("", "log_end")?,
        })
    }
}
