//! Folding SQLite's log into the file, beside the writer.
//!
//! Left to itself, the commit that makes the log too long folds it, and all
//! that wait for the writer wait for that. Here another connection does it,
//! some pages at a time. It can never quite reach the end while there is
//! writing, so the log still grows; at its greatest length the writer folds
//! the little that is left, and begins the log anew.
//!
//! Only whoever reaches the end has to see that the file is on the disk. That
//! would be the writer, with all that was folded since it last did; so what is
//! folded here is brought there at once.

use std::{fs::File, io, path::Path, sync::Arc};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use tokio::{sync::Mutex, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::disk::{self, Disk};

/// How many commits pass before it is looked how long the log is.
const COMMITS_PER_LOOK: u64 = 16;
/// A page that is written often is folded once; so it is better not to hurry.
const PAGES_TO_FOLD_MIN: i32 = 2_000;

#[derive(Debug)]
pub(super) struct Folder {
    fold: Fold,
    stop: CancellationToken,
    at_work: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Clone, Debug)]
struct Fold {
    connection: DatabaseConnection,
    path: Arc<Path>,
    /// Whoever closes a file lets go of all locks that its process has on it, and by SQLite's others
    /// see that the database is in use. So this is open for as long as any connection is.
    file: Arc<File>,
}

/// Why the log is not in the file, or not known to be.
#[derive(Debug)]
enum Unfolded {
    Database(DbErr),
    Disk(io::Error),
}

impl Folder {
    pub fn start(
        connection: DatabaseConnection,
        database: &Path,
        disk: Arc<Disk>,
    ) -> io::Result<Self> {
        let fold = Fold::into(database, connection)?;
        let stop = CancellationToken::new();
        let at_work = tokio::spawn(fold.clone().keep_on(disk, stop.clone()));
        Ok(Self {
            fold,
            stop,
            at_work: Mutex::new(Some(at_work)),
        })
    }

    /// The last to go.
    pub async fn close(&self) -> Result<(), DbErr> {
        self.stop.cancel();
        if let Some(at_work) = self.at_work.lock().await.take() {
            // Had it panicked, the log would only be longer.
            let _ = at_work.await;
        }
        self.fold.connection.close_by_ref().await
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Fold {
    fn into(database: &Path, connection: DatabaseConnection) -> io::Result<Self> {
        Ok(Self {
            connection,
            path: database.into(),
            file: Arc::new(File::options().write(true).open(database)?),
        })
    }

    async fn keep_on(self, disk: Arc<Disk>, stop: CancellationToken) {
        let mut seen = 0;
        while let Some(tried) = stop
            .run_until_cancelled(disk.tried(seen + COMMITS_PER_LOOK))
            .await
        {
            seen = tried.commits;
            // A log that is folded needs no more room on a full disk.
            let pages_min = if tried.has_failed {
                1
            } else {
                PAGES_TO_FOLD_MIN
            };
            match self.where_there_are(pages_min).await {
                Ok(()) => {}
                Err(Unfolded::Database(error)) => {
                    tracing::warn!(%error, "the log of the database was not folded; its writer will do it");
                }
                Err(Unfolded::Disk(error)) => disk::end(&self.path, &error),
            }
        }
    }

    /// Folds the log where so many of its pages are not.
    async fn where_there_are(&self, pages_min: i32) -> Result<(), Unfolded> {
        let look = checkpoint("NOOP");
        let Some(state) = self.connection.query_one_raw(look).await? else {
            return Ok(());
        };
        let (pages, folded): (i32, i32) = (
            state.try_get("", "log")?,
            state.try_get("", "checkpointed")?,
        );
        if pages - folded >= pages_min {
            self.connection.query_one_raw(checkpoint("PASSIVE")).await?;
            disk::bring(Arc::clone(&self.file))
                .await
                .map_err(Unfolded::Disk)?;
        }
        Ok(())
    }
}

impl From<DbErr> for Unfolded {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

/// All that is in the log, as far as nobody reads what was before it.
pub(super) async fn fold_all(connection: &DatabaseConnection) -> Result<(), DbErr> {
    connection.query_one_raw(checkpoint("FULL")).await.map(drop)
}

fn checkpoint(mode: &str) -> Statement {
    Statement::from_string(DbBackend::Sqlite, format!("PRAGMA wal_checkpoint({mode})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::db::sqlite;

    /// A database that somebody writes to, and its folding.
    struct World {
        writer: DatabaseConnection,
        fold: Fold,
        _folder: tempfile::TempDir,
    }

    impl World {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("database");
            let writer = sqlite::connect(&file, 1, sqlite::writer).await.unwrap();
            let beside = sqlite::connect(&file, 1, sqlite::writer).await.unwrap();
            let make = "CREATE TABLE kept (bytes BLOB NOT NULL)";
            writer.execute_unprepared(make).await.unwrap();
            Self {
                writer,
                fold: Fold::into(&file, beside).unwrap(),
                _folder: folder,
            }
        }

        async fn write(&self, bytes: usize) {
            let sql = format!("INSERT INTO kept VALUES (zeroblob({bytes}))");
            self.writer.execute_unprepared(&sql).await.unwrap();
        }

        async fn log(&self) -> (i32, i32) {
            let state = self.fold.connection.query_one_raw(checkpoint("NOOP")).await;
            let state = state.unwrap().unwrap();
            (
                state.try_get("", "log").unwrap(),
                state.try_get("", "checkpointed").unwrap(),
            )
        }
    }

    #[tokio::test]
    async fn a_long_log_is_folded_and_a_short_one_is_left() {
        let world = World::new().await;
        world.write(100).await;
        world.fold.where_there_are(PAGES_TO_FOLD_MIN).await.unwrap();
        assert_eq!(world.log().await.1, 0);
        world.write(4_096 * 2_100).await;
        world.fold.where_there_are(PAGES_TO_FOLD_MIN).await.unwrap();
        let (pages, folded) = world.log().await;
        assert!(pages > PAGES_TO_FOLD_MIN);
        assert_eq!(folded, pages);
    }

    /// Else the writer would wait for it, and everybody for the writer.
    #[tokio::test]
    async fn what_is_folded_is_brought_to_the_disk_and_what_is_left_is_not() {
        let mut world = World::new().await;
        // It takes everything, and has no disk.
        let nowhere = File::options().write(true).open("/dev/null").unwrap();
        world.fold.file = Arc::new(nowhere);
        world.write(100).await;
        world.fold.where_there_are(PAGES_TO_FOLD_MIN).await.unwrap();
        let refused = world.fold.where_there_are(1).await.unwrap_err();
        assert!(matches!(refused, Unfolded::Disk(_)), "{refused:?}");
    }

    #[tokio::test]
    async fn who_is_told_to_stop_ends_what_it_is_at() {
        let World {
            writer,
            fold,
            _folder,
        } = World::new().await;
        let disk = Disk::under(&fold.path);
        let folder = Folder::start(fold.connection, &fold.path, Arc::clone(&disk)).unwrap();
        let only = Arc::downgrade(&folder.fold.file);
        disk.failed();
        writer.close().await.unwrap();
        folder.close().await.unwrap();
        drop(folder);
        assert!(only.upgrade().is_none(), "the file is still open");
    }
}
