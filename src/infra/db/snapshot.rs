//! A moment of an SQLite database as a file, taken while it is used.
//!
//! `VACUUM INTO` reads one consistent moment and holds no writer up: in the
//! write-ahead log readers and the writer pass each other. What it writes it
//! does not sync; that is for whoever names the file.

use std::path::Path;

use anyhow::{Context, ensure};
use sea_orm::{ConnectionTrait, DbBackend, Statement, sqlx::sqlite::SqliteConnectOptions};

use super::sqlite;

/// Into a file that is empty.
pub async fn take(database: &Path, into: &Path) -> anyhow::Result<()> {
    let into = into
        .to_str()
        .context("the name of a backup must be UTF-8")?;
    let connection = sqlite::connect(database, 1, plain).await?;
    let statement =
        Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [into.into()]);
    let taken = connection.execute_raw(statement).await;
    connection.close().await?;
    taken.context("the database cannot be read to its end, or the backup not be written")?;
    Ok(())
}

/// Every page, every index, every constraint. Damage may keep it from being
/// opened at all.
pub async fn assert_intact(file: &Path) -> anyhow::Result<()> {
    let told = integrity(file).await;
    let told = told.with_context(|| format!("{} is damaged", file.display()))?;
    let told = told.replace('\n', ", ");
    ensure!(told == "ok", "{} is damaged: {told}", file.display());
    Ok(())
}

async fn integrity(file: &Path) -> anyhow::Result<String> {
    let connection = sqlite::connect(file, 1, plain).await?;
    let ask = Statement::from_string(DbBackend::Sqlite, "PRAGMA integrity_check(1)");
    let row = connection.query_one_raw(ask).await?;
    let told = row
        .context("SQLite did not say whether it is intact")?
        .try_get("", "integrity_check")?;
    connection.close().await?;
    Ok(told)
}

/// As it comes: the journal stays what it is.
fn plain(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options.busy_timeout(sqlite::BUSY_TIMEOUT)
}
