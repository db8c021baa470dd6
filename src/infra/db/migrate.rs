//! Bringing the schema up to date, by one process at a time.
//!
//! Replicas may start together: the first takes a lock (an advisory one of
//! the server on PostgreSQL, a file beside the database on SQLite), the others
//! wait and then find nothing to do.
//!
//! On PostgreSQL others work on while the schema changes, and a change may
//! need a table that somebody has for long, such as a backup. Whoever asks for
//! the table then waits behind the change: so that gives up its place in line
//! after a few seconds, and comes again when the others had their turn.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, anyhow, ensure};
use migration::Migrator;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use sea_orm_migration::MigratorTrait;

use super::{postgres, sqlite};
use crate::{
    config::{Database, Secret},
    error::is_lock_not_had,
    infra::{clock::Clock, data_dir::LockFile},
};

/// The advisory lock's key: "ringback" in bytes.
const LOCK_KEY: i64 = i64::from_be_bytes(*b"ringback");
/// How long the others have their turn.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Whoever began first, of those who may have the lock.
const OLDEST_TRANSACTION: &str = "SELECT format('%s (process %s) for %s s',
           coalesce(nullif(application_name, ''), backend_type), pid,
           extract(epoch FROM clock_timestamp() - xact_start)::bigint) AS oldest
     FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
     ORDER BY xact_start LIMIT 1";

/// What changing the schema waits for, on PostgreSQL.
#[derive(Debug)]
pub enum Waiting {
    /// Another process changes it.
    ForTurn,
    /// Somebody has the table that is to change.
    ForLock {
        migration: String,
        tried: u32,
        oldest: Option<String>,
    },
}

/// Hears each time that there is something to wait for.
pub type Told = dyn Fn(&Waiting) + Send + Sync;

/// Applies what is missing and says how many migrations that were.
pub async fn up(database: &Database) -> anyhow::Result<usize> {
    up_telling(database, &Clock::system(), &log).await
}

/// The same, by some clock, for who is to be told.
pub async fn up_telling(database: &Database, clock: &Clock, told: &Told) -> anyhow::Result<usize> {
    match database {
        Database::Sqlite { file } => up_sqlite(file, clock, told).await,
        Database::Postgres { url } => up_postgres(url, clock, told).await,
    }
}

/// Refuses a database whose schema this program does not know yet.
pub async fn assert_current(connection: &impl ConnectionTrait) -> anyhow::Result<()> {
    let pending = Migrator::get_pending_migrations_read_only(connection)
        .await
        .map_err(newer)?;
    ensure!(
        pending.is_empty(),
        "the database's schema is {} migrations behind: run `ringback migrate`, \
         or start without RINGBACK_MIGRATE=off",
        pending.len()
    );
    Ok(())
}

async fn up_sqlite(file: &Path, clock: &Clock, told: &Told) -> anyhow::Result<usize> {
    let lock = beside(file, "migrating");
    let _alone = tokio::task::spawn_blocking(move || LockFile::wait_for(&lock)).await??;
    let connection = sqlite::connect(file, 1, sqlite::writer).await?;
    let applied = apply(&connection, clock, told).await;
    connection.close().await?;
    applied
}

async fn up_postgres(url: &Secret, clock: &Clock, told: &Told) -> anyhow::Result<usize> {
    let lock = postgres::open_unhurried(url).await?;
    take_turn(&lock, told).await?;
    let connection = postgres::open_for_changes(url).await?;
    let applied = apply(&connection, clock, told).await;
    connection.close().await?;
    // The lock is the session's, and goes with it.
    lock.close().await?;
    applied
}

async fn take_turn(lock: &DatabaseConnection, told: &Told) -> anyhow::Result<()> {
    let ask = format!("SELECT pg_try_advisory_lock({LOCK_KEY}) AS has_turn");
    let ask = Statement::from_string(lock.get_database_backend(), ask);
    let row = lock.query_one_raw(ask).await?;
    let has_turn = row.map(|row| row.try_get("", "has_turn")).transpose()?;
    if has_turn != Some(true) {
        told(&Waiting::ForTurn);
        lock.execute_unprepared(&format!("SELECT pg_advisory_lock({LOCK_KEY})"))
            .await?;
    }
    Ok(())
}

async fn apply(
    connection: &DatabaseConnection,
    clock: &Clock,
    told: &Told,
) -> anyhow::Result<usize> {
    let missing_at_first = missing(connection).await?.len();
    let mut tried = 0;
    loop {
        match Migrator::up(connection, None).await {
            Err(error) if is_lock_not_had(&error) => tried += 1,
            ended => {
                ended.context("the schema could not be brought up to date")?;
                return Ok(missing_at_first);
            }
        }
        let still_missing = missing(connection).await?;
        told(&Waiting::ForLock {
            migration: still_missing.into_iter().next().unwrap_or_default(),
            tried,
            oldest: oldest_transaction(connection).await?,
        });
        clock.sleep(AGAIN_AFTER).await;
    }
}

/// The names of those that were not applied yet, in their order.
async fn missing(connection: &DatabaseConnection) -> anyhow::Result<Vec<String>> {
    let missing = Migrator::get_pending_migrations(connection).await;
    let missing = missing.map_err(newer)?;
    Ok(missing.iter().map(|one| one.name().to_owned()).collect())
}

async fn oldest_transaction(connection: &DatabaseConnection) -> Result<Option<String>, DbErr> {
    let ask = Statement::from_string(connection.get_database_backend(), OLDEST_TRANSACTION);
    let row = connection.query_one_raw(ask).await?;
    row.map(|row| row.try_get("", "oldest")).transpose()
}

fn log(waiting: &Waiting) {
    match waiting {
        Waiting::ForTurn => tracing::info!("another process changes the schema; it is waited for"),
        Waiting::ForLock {
            migration,
            tried,
            oldest,
        } => tracing::warn!(
            migration,
            tried,
            oldest,
            again_in_secs = AGAIN_AFTER.as_secs(),
            "a migration waits for a lock, and lets others go first"
        ),
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForTurn => f.write_str("another process changes the schema; it is waited for"),
            Self::ForLock {
                migration,
                tried,
                oldest,
            } => {
                write!(f, "{migration} waits for a lock, tried {tried} times")?;
                match oldest {
                    Some(oldest) => write!(f, "; the oldest transaction is of {oldest}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// The migrator does not go on where it finds a migration that it lacks.
fn newer(error: DbErr) -> anyhow::Error {
    match &error {
        DbErr::Custom(text) if text.contains("is missing") => anyhow!(
            "the database was brought up to date by a newer ringback than this one ({}): run that one",
            env!("CARGO_PKG_VERSION")
        ),
        _ => error.into(),
    }
}

/// A file that belongs to the database file, such as its locks.
pub fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}
