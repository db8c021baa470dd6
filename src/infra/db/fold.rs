//! Folding SQLite's log into the file, beside the writer.
//!
//! Left to itself, the commit that makes the log too long folds it, and all
//! that wait for the writer wait for that. Here another connection does it,
//! some pages at a time. It can never quite reach the end while there is
//! writing, so the log still grows; at its greatest length the writer folds
//! the little that is left, and begins the log anew.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use tokio::task::JoinHandle;

use super::disk::Disk;

/// How many commits pass before it is looked how long the log is.
const COMMITS_PER_LOOK: u64 = 16;
/// A page that is written often is folded once; so it is better not to hurry.
const PAGES_TO_FOLD_MIN: i32 = 2_000;

#[derive(Debug)]
pub(super) struct Folder {
    connection: DatabaseConnection,
    at_work: JoinHandle<()>,
}

impl Folder {
    pub fn start(connection: DatabaseConnection, disk: Arc<Disk>) -> Self {
        let folding = connection.clone();
        let at_work = tokio::spawn(async move {
            let mut seen = 0;
            loop {
                let tried = disk.tried(seen + COMMITS_PER_LOOK).await;
                seen = tried.commits;
                // A log that is folded needs no more room on a full disk.
                let pages_min = if tried.has_failed {
                    1
                } else {
                    PAGES_TO_FOLD_MIN
                };
                if let Err(error) = fold_from(&folding, pages_min).await {
                    tracing::warn!(%error, "the log of the database was not folded; its writer will do it");
                }
            }
        });
        Self {
            connection,
            at_work,
        }
    }

    pub async fn close(&self) -> Result<(), DbErr> {
        self.at_work.abort();
        self.connection.close_by_ref().await
    }
}

/// Folds the log where so many of its pages are not.
async fn fold_from(connection: &DatabaseConnection, pages_min: i32) -> Result<(), DbErr> {
    let look = checkpoint("NOOP");
    let Some(state) = connection.query_one_raw(look).await? else {
        return Ok(());
    };
    let (pages, folded): (i32, i32) = (
        state.try_get("", "log")?,
        state.try_get("", "checkpointed")?,
    );
    if pages - folded >= pages_min {
        connection.query_one_raw(checkpoint("PASSIVE")).await?;
    }
    Ok(())
}

/// All that is in the log, as far as nobody reads what was before it.
pub(super) async fn fold_all(connection: &DatabaseConnection) -> Result<(), DbErr> {
    connection.query_one_raw(checkpoint("FULL")).await.map(drop)
}

fn checkpoint(mode: &str) -> Statement {
    Statement::from_string(DbBackend::Sqlite, format!("PRAGMA wal_checkpoint({mode})"))
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.at_work.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::db::sqlite;

    async fn log(connection: &DatabaseConnection) -> (i32, i32) {
        let state = connection.query_one_raw(checkpoint("NOOP")).await;
        let state = state.unwrap().unwrap();
        (
            state.try_get("", "log").unwrap(),
            state.try_get("", "checkpointed").unwrap(),
        )
    }

    #[tokio::test]
    async fn a_long_log_is_folded_and_a_short_one_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("database");
        let writer = sqlite::connect(&file, 1, sqlite::writer).await.unwrap();
        let beside = sqlite::connect(&file, 1, sqlite::writer).await.unwrap();
        let write = async |bytes: usize| {
            let sql = format!("INSERT INTO kept VALUES (zeroblob({bytes}))");
            writer.execute_unprepared(&sql).await.unwrap();
        };
        let make = "CREATE TABLE kept (bytes BLOB NOT NULL)";
        writer.execute_unprepared(make).await.unwrap();
        write(100).await;
        fold_from(&beside, PAGES_TO_FOLD_MIN).await.unwrap();
        assert_eq!(log(&beside).await.1, 0);
        write(4_096 * 2_100).await;
        fold_from(&beside, PAGES_TO_FOLD_MIN).await.unwrap();
        let (pages, folded) = log(&beside).await;
        assert!(pages > PAGES_TO_FOLD_MIN);
        assert_eq!(folded, pages);
    }
}
