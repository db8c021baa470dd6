//! SQLite in a file: one writer, some readers, and a version we can trust.

mod session;

use std::{path::Path, time::Duration};

use anyhow::{Context, ensure};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
    sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

pub(super) use self::session::{Desk, Session};
use super::rows::STATEMENTS_KNOWN_MAX;
use crate::infra::data_dir::make_private_file;

/// Older ones can lose committed writes when the write-ahead log is reset.
const VERSION_MIN: (u32, u32, u32) = (3, 51, 3);
const READERS_MAX: u32 = 4;
/// In KiB: the pages that rows are added to stay in memory.
const WRITER_CACHE: &str = "-16384";
/// The writer folds the log itself where it has grown this long all the same.
const LOG_PAGES_MAX: &str = "16000";
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(15);

/// The connections to one database.
pub(super) struct Connections {
    pub read: DatabaseConnection,
    pub write: Desk,
    /// Folds the log.
    pub beside: DatabaseConnection,
}

/// The one that folds is made first, because it sets the journal mode.
pub(super) async fn open(file: &Path) -> anyhow::Result<Connections> {
    let at = || format!("the SQLite database {} cannot be opened", file.display());
    let beside = connect(file, 1, writer).await.with_context(at)?;
    assert_version(&beside).await?;
    let write = writer(SqliteConnectOptions::new().filename(file));
    Ok(Connections {
        write: Desk::open(write).await.with_context(at)?,
        read: connect(file, READERS_MAX, reader).await.with_context(at)?,
        beside,
    })
}

pub(super) async fn connect(
    file: &Path,
    connections: u32,
    role: fn(SqliteConnectOptions) -> SqliteConnectOptions,
) -> anyhow::Result<DatabaseConnection> {
    make_private_file(file)?;
    let file = file.to_owned();
    // The URL only chooses the driver; the path is given as a path, so that
    // no character of it is taken for syntax.
    let mut options = ConnectOptions::new("sqlite://file");
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(WAIT_FOR_CONNECTION)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |driver| role(driver.filename(&file)));
    Ok(Database::connect(options).await?)
}

/// A commit is brought to the disk by [`super::disk`], before it is answered.
pub(super) fn writer(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        // Without it INSERT OR REPLACE would delete from an append-only table
        // without firing the trigger that refuses it.
        .pragma("recursive_triggers", "1")
        .pragma("wal_autocheckpoint", LOG_PAGES_MAX)
        .pragma("journal_size_limit", "67108864")
        // What undoes a statement that fails half-way is short-lived, and no file's.
        .pragma("temp_store", "memory")
        .pragma("cache_size", WRITER_CACHE)
        .statement_cache_capacity(STATEMENTS_KNOWN_MAX)
}

fn reader(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options.busy_timeout(BUSY_TIMEOUT).pragma("query_only", "1")
}

async fn assert_version(connection: &DatabaseConnection) -> anyhow::Result<()> {
    let ask = Statement::from_string(DbBackend::Sqlite, "SELECT sqlite_version() AS version");
    let row = connection
        .query_one_raw(ask)
        .await?
        .context("SQLite did not tell its version")?;
    let version: String = row.try_get("", "version")?;
    ensure!(
        parse_version(&version) >= Some(VERSION_MIN),
        "SQLite {version} is linked, but at least {VERSION_MIN:?} is needed: older ones can lose committed writes"
    );
    Ok(())
}

fn parse_version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::MetadataExt};

    use sea_orm::QueryResult;

    use super::*;

    /// How many locks there are on a file, as far as the system tells.
    fn locks(file: &Path) -> usize {
        let inode = format!(":{} ", fs::metadata(file).unwrap().ino());
        let all = fs::read_to_string("/proc/locks").unwrap_or_default();
        all.lines().filter(|line| line.contains(&inode)).count()
    }

    /// Whoever closes a database last removes its log. Another program that looks at ours would, and
    /// this process could keep nothing any more, if it were not seen to have it open.
    #[tokio::test]
    async fn a_connection_that_is_made_later_lets_go_of_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ringback.db");
        let connections = open(&file).await.unwrap();
        let table = "CREATE TABLE kept (id INTEGER PRIMARY KEY)";
        connections.beside.execute_unprepared(table).await.unwrap();
        let before = locks(&file);
        let _later = connect(&file, 1, reader).await.unwrap();
        assert_eq!(locks(&file), before);
    }

    #[tokio::test]
    async fn it_is_built_as_our_statements_want_it() {
        let connection = Database::connect("sqlite::memory:").await.unwrap();
        let ask = Statement::from_string(DbBackend::Sqlite, "PRAGMA compile_options");
        let rows = connection.query_all_raw(ask).await.unwrap();
        let option = |row: &QueryResult| row.try_get_by_index::<String>(0).unwrap();
        let options: Vec<_> = rows.iter().map(option).collect();
        for wanted in ["ENABLE_QPSG", "DEFAULT_MEMSTATUS=0"] {
            assert!(
                options.iter().any(|option| option == wanted),
                "see .cargo/config.toml: {wanted} is not among {options:?}"
            );
        }
    }

    #[test]
    fn a_version_is_compared_as_numbers() {
        assert!(parse_version("3.51.3") >= Some(VERSION_MIN));
        assert!(parse_version("3.100.0") > Some(VERSION_MIN));
        assert!(parse_version("3.51.2") < Some(VERSION_MIN));
        assert!(parse_version("nonsense") < Some(VERSION_MIN));
    }
}
