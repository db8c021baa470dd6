//! One database, two kinds: SQLite in a file, or PostgreSQL.
//!
//! SQLite has exactly one connection that writes (`BEGIN IMMEDIATE`, so that a
//! transaction never finds out half-way that it may not write) and a few that
//! only read. PostgreSQL has a pool for each. Everything else in the program
//! sees the same three things: [`Db::read`], [`Db::write`], [`Db::backend`].

mod disk;
mod fold;
pub mod migrate;
mod postgres;
pub mod rows;
pub mod snapshot;
mod sqlite;
mod transaction;
mod trust;
pub mod unfinished;
mod write;

use std::{future::Future, sync::Arc};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use tokio::runtime::Handle;

use self::{
    disk::Disk,
    fold::Folder,
    trust::Trust,
    write::{Way, Writer},
};
pub use self::{
    transaction::Tx,
    write::{Committed, in_time},
};
use crate::{
    config::{Database, StorageConfig},
    error::Result,
    infra::clock::Millis,
};

#[derive(Clone, Debug)]
pub struct Db {
    read: DatabaseConnection,
    write: Writer,
    /// On SQLite.
    folder: Option<Arc<Folder>>,
}

impl Db {
    /// Opens the pools and checks that the server is one we can trust with data.
    pub async fn open(config: &StorageConfig) -> anyhow::Result<Self> {
        let (runtime, trust) = (Handle::current(), Trust::default());
        match &config.database {
            Database::Sqlite { file } => {
                let connections = sqlite::open(file).await?;
                // What an ended process committed may not be on the disk yet, and is not to be
                // taken for kept.
                fold::fold_all(&connections.beside).await?;
                let disk = Disk::under(file);
                let folder = Folder::start(connections.beside, file, Arc::clone(&disk))?;
                let way = Way::Desk(connections.write, disk);
                Ok(Self {
                    read: connections.read,
                    write: Writer::new(way, trust, runtime),
                    folder: Some(Arc::new(folder)),
                })
            }
            Database::Postgres { url } => {
                let (read, connection) = postgres::open(url, &trust).await?;
                Ok(Self {
                    read,
                    write: Writer::new(Way::Pool(connection), trust, runtime),
                    folder: None,
                })
            }
        }
    }

    pub fn backend(&self) -> DbBackend {
        self.read.get_database_backend()
    }

    pub fn is_postgres(&self) -> bool {
        self.backend() == DbBackend::Postgres
    }

    /// For statements that change nothing.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// The pool that belongs to the process's own runtime, for whoever listens there. SQLite tells
    /// nobody anything.
    pub(super) fn for_listening(&self) -> &DatabaseConnection {
        self.write.pool().unwrap_or(&self.read)
    }

    /// Runs `work` in one writing transaction, and commits it if it ends well.
    pub async fn write<T, F, Fut>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(Tx) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T>> + Send,
    {
        let writer = self.write.clone();
        let durable = async move { Ok(writer.commit(work).await?.durable().await) };
        self.write.undroppable(durable).await
    }

    /// Comes back as soon as the next transaction may begin: whoever asked for
    /// what was written hears of it when it is durable, and no sooner.
    pub async fn write_ahead<T, F, Fut>(&self, work: F) -> Result<Committed<T>>
    where
        T: Send + 'static,
        F: FnOnce(Tx) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T>> + Send,
    {
        let writer = self.write.clone();
        let committed = async move { writer.commit(work).await };
        self.write.undroppable(committed).await
    }

    /// The database answers; what time it is there.
    pub async fn now_millis(&self) -> std::result::Result<Millis, DbErr> {
        let sql = match self.backend() {
            DbBackend::Postgres => {
                "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now"
            }
            _ => "SELECT CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER) AS now",
        };
        let row = self
            .read
            .query_one_raw(Statement::from_string(self.backend(), sql))
            .await?;
        row.ok_or_else(|| DbErr::RecordNotFound("now".to_owned()))?
            .try_get("", "now")
    }

    /// Closes the pools, so that SQLite folds its log into the file.
    pub async fn close(self) {
        let (write, read) = (self.write.close().await, self.read.close_by_ref().await);
        let folder = match &self.folder {
            Some(folder) => folder.close().await,
            None => Ok(()),
        };
        let closed = [write, read, folder];
        for error in closed.into_iter().filter_map(std::result::Result::err) {
            tracing::warn!(%error, "the database did not close cleanly");
        }
    }
}
