//! Filling a database behind its server's back, while that is stopped: years in a minute.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};

use super::{
    again::{self, Table},
    beside::connect,
    database::Database,
};
use crate::infra::clock::Millis;

/// What is filled may be filled again, so nothing waits for the disk.
const HASTY: [&str; 2] = ["PRAGMA synchronous = OFF", "PRAGMA cache_size = -131072"];
const HASTY_ON_POSTGRES: [&str; 1] = ["SET synchronous_commit = off"];
/// What came at once is put in order now, and not while something is measured.
const AT_REST: [&str; 1] = ["PRAGMA wal_checkpoint(TRUNCATE)"];
const AT_REST_ON_POSTGRES: [&str; 2] = ["VACUUM (ANALYZE)", "CHECKPOINT"];

impl Database {
    /// Repeats all that is in the tables so many times.
    pub async fn repeat(&self, tables: &[Table], times: u64, now: Millis) -> anyhow::Result<()> {
        let Some(url) = self.url()? else {
            return Ok(());
        };
        let db = connect(&url).await?;
        run(&db, &HASTY, &HASTY_ON_POSTGRES).await?;
        again::repeat(&db, tables, times, now).await?;
        run(&db, &AT_REST, &AT_REST_ON_POSTGRES).await?;
        Ok(db.close().await?)
    }

    /// Queues every call that was completed for each subscription that has a filter.
    pub async fn queue_for_the_choosy(&self) -> anyhow::Result<()> {
        let Some(url) = self.url()? else {
            return Ok(());
        };
        let db = connect(&url).await?;
        run(&db, &HASTY, &HASTY_ON_POSTGRES).await?;
        db.execute_unprepared(&queueing(db.get_database_backend()))
            .await?;
        run(&db, &AT_REST, &AT_REST_ON_POSTGRES).await?;
        Ok(db.close().await?)
    }
}

/// A delivery's id is as old as its event, and random beside.
fn queueing(backend: DbBackend) -> String {
    let id = match backend {
        DbBackend::Postgres => {
            "(substr(replace(e.id::text, '-', ''), 1, 12) || '7'
              || substr(md5(e.id::text || s.id::text), 1, 19))::uuid"
        }
        _ => "unhex(substr(hex(e.id), 1, 12) || '7' || substr(hex(randomblob(10)), 1, 19))",
    };
    format!(
        "INSERT INTO delivery_queue (id, subscription_id, event_id, call_id, position, attempt,
             due_at, replay, created_at, steps, asked_to_wait)
         SELECT {id}, s.id, e.id, e.call_id, e.position, 0,
             e.created_at, false, e.created_at, 0, false
         FROM events e CROSS JOIN subscriptions s
         WHERE e.kind = 'call.completed' AND s.filter IS NOT NULL
         ORDER BY e.position"
    )
}

async fn run(db: &DatabaseConnection, sqlite: &[&str], postgres: &[&str]) -> Result<(), DbErr> {
    let statements = match db.get_database_backend() {
        DbBackend::Postgres => postgres,
        _ => sqlite,
    };
    for statement in statements {
        db.execute_unprepared(statement).await?;
    }
    Ok(())
}
