//! Bringing the schema up to date, by one process at a time.
//!
//! Replicas may start together: the first takes a lock (an advisory one of
//! the server on PostgreSQL, a file beside the database on SQLite), the others
//! wait and then find nothing to do.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use migration::Migrator;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};
use sea_orm_migration::MigratorTrait;

use super::{postgres, sqlite};
use crate::{
    config::{Database, Secret},
    infra::data_dir::LockFile,
};

/// The advisory lock's key: "ringback" in bytes.
const LOCK_KEY: i64 = i64::from_be_bytes(*b"ringback");

/// Applies what is missing and says how many migrations that were.
pub async fn up(database: &Database) -> anyhow::Result<usize> {
    match database {
        Database::Sqlite { file } => up_sqlite(file).await,
        Database::Postgres { url } => up_postgres(url).await,
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

async fn up_sqlite(file: &Path) -> anyhow::Result<usize> {
    let lock = beside(file, "migrating");
    let _alone = tokio::task::spawn_blocking(move || LockFile::wait_for(&lock)).await??;
    let connection = sqlite::connect(file, 1, sqlite::writer).await?;
    let applied = apply(&connection).await;
    connection.close().await?;
    applied
}

async fn up_postgres(url: &Secret) -> anyhow::Result<usize> {
    let lock = postgres::open_unhurried(url).await?;
    lock.execute_unprepared(&format!("SELECT pg_advisory_lock({LOCK_KEY})"))
        .await?;
    let connection = postgres::open_unhurried(url).await?;
    let applied = apply(&connection).await;
    connection.close().await?;
    // The lock is the session's, and goes with it.
    lock.close().await?;
    applied
}

async fn apply(connection: &DatabaseConnection) -> anyhow::Result<usize> {
    let pending = Migrator::get_pending_migrations(connection)
        .await
        .map_err(newer)?
        .len();
    Migrator::up(connection, None)
        .await
        .context("the schema could not be brought up to date")?;
    Ok(pending)
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
