//! One database, two kinds: SQLite in a file, or PostgreSQL.
//!
//! SQLite has exactly one connection that writes (`BEGIN IMMEDIATE`, so that a
//! transaction never finds out half-way that it may not write) and a few that
//! only read. PostgreSQL has a pool for each. Everything else in the program
//! sees the same three things: [`Db::read`], [`Db::write`], [`Db::backend`].
//!
//! A writing transaction runs in a task that nobody can drop: the request
//! that asked for it may be cancelled by a client that hangs up, the
//! transaction still ends in a commit or a rollback of its own.

pub mod migrate;
mod postgres;
pub mod rows;
mod sqlite;

use std::{future::Future, ops::Deref, sync::Arc};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

use tokio::runtime::Handle;

use crate::{
    config::{Database, StorageConfig},
    error::{Error, Result, is_dead_connection},
    infra::{clock::Millis, worker::panic_text},
};

/// As many as a pool can hold.
const DEAD_CONNECTIONS_MAX: usize = 8;

#[derive(Clone, Debug)]
pub struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
    /// The process's own runtime. A handler runs on a runtime of its server
    /// thread, which ends before the last results are written.
    runtime: Handle,
}

/// A writing transaction, lent to the work that runs in it.
#[derive(Clone)]
pub struct Tx(Arc<DatabaseTransaction>);

impl Deref for Tx {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.0
    }
}

impl Db {
    /// Opens the pools and checks that the server is one we can trust with data.
    pub async fn open(config: &StorageConfig) -> anyhow::Result<Self> {
        let (read, write) = match &config.database {
            Database::Sqlite { file } => sqlite::open(file).await?,
            Database::Postgres { url } => postgres::open(url).await?,
        };
        Ok(Self {
            read,
            write,
            runtime: Handle::current(),
        })
    }

    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }

    pub fn is_postgres(&self) -> bool {
        self.backend() == DbBackend::Postgres
    }

    /// For statements that change nothing.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// The pool that belongs to the process's own runtime, for whoever listens there.
    pub(super) fn for_listening(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Runs `work` in one writing transaction and commits it if it ends well.
    pub async fn write<T, F, Fut>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(Tx) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T>> + Send,
    {
        let write = self.write.clone();
        let owned = self.runtime.spawn(async move {
            let tx = Tx(Arc::new(begin(&write).await?));
            let value = work(tx.clone()).await?;
            let tx = Arc::into_inner(tx.0)
                .ok_or_else(|| Error::internal(anyhow::anyhow!("the work kept its transaction")))?;
            tx.commit().await.map_err(Error::of_commit)?;
            Ok(value)
        });
        match owned.await {
            Ok(result) => result,
            Err(ended) if ended.is_panic() => Err(Error::internal(anyhow::anyhow!(
                "a transaction panicked: {}",
                panic_text(ended.into_panic().as_ref())
            ))),
            Err(ended) => Err(Error::internal(ended)),
        }
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
        let closed = [
            self.write.close_by_ref().await,
            self.read.close_by_ref().await,
        ];
        for error in closed.into_iter().filter_map(std::result::Result::err) {
            tracing::warn!(%error, "the database did not close cleanly");
        }
    }
}

/// Begins a transaction. A pooled connection may have died while it lay there,
/// as all of them have after the server was away; nothing was said on it yet,
/// so the next one is tried.
async fn begin(write: &DatabaseConnection) -> std::result::Result<DatabaseTransaction, DbErr> {
    let mut tried = 0;
    loop {
        match write.begin_with_options(immediately(write)).await {
            Err(error) if tried < DEAD_CONNECTIONS_MAX && is_dead_connection(&error) => tried += 1,
            begun => return begun,
        }
    }
}

fn immediately(connection: &DatabaseConnection) -> TransactionOptions {
    let is_sqlite = connection.get_database_backend() == DbBackend::Sqlite;
    TransactionOptions {
        sqlite_transaction_mode: is_sqlite.then_some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    }
}
