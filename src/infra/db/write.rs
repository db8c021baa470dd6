//! Writing: a transaction that nobody can drop, and when it is durable.
//!
//! The request that asked for a transaction may be cancelled by a client that
//! hangs up; the transaction still ends in a commit or a rollback of its own.

use std::{future::Future, sync::Arc};

use anyhow::anyhow;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use tokio::runtime::Handle;

use super::{
    disk::{Disk, Ticket},
    transaction::Tx,
    trust::Trust,
};
use crate::{
    error::{Code, Error, Result, is_dead_connection},
    infra::worker::panic_text,
};

/// As many as a pool can hold.
const DEAD_CONNECTIONS_MAX: usize = 8;

#[derive(Clone, Debug)]
pub(super) struct Writer {
    pub connection: DatabaseConnection,
    /// Where a commit is not on the disk as soon as it is made.
    disk: Option<Arc<Disk>>,
    trust: Trust,
    /// The process's own runtime. A handler runs on a runtime of its server
    /// thread, which ends before the last results are written.
    runtime: Handle,
}

/// What a transaction came to that others can see already.
#[must_use = "it may not be on the disk yet"]
pub struct Committed<T> {
    value: T,
    ticket: Option<Ticket>,
}

impl<T> Committed<T> {
    /// What the transaction came to, once no failure of power can undo it.
    pub async fn durable(self) -> T {
        if let Some(ticket) = self.ticket {
            ticket.on_disk().await;
        }
        self.value
    }
}

impl Writer {
    pub fn new(
        connection: DatabaseConnection,
        disk: Option<Arc<Disk>>,
        trust: Trust,
        runtime: Handle,
    ) -> Self {
        Self {
            connection,
            disk,
            trust,
            runtime,
        }
    }

    /// Runs `work` in a transaction, and commits it if it ends well.
    pub async fn commit<T, F, Fut>(&self, work: F) -> Result<Committed<T>>
    where
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let value = self.transaction(work).await;
        if let Err(error) = &value {
            self.look_after(error);
        }
        let value = value?;
        let ticket = self.disk.as_ref().map(Disk::ticket);
        Ok(Committed { value, ticket })
    }

    async fn transaction<T, F, Fut>(&self, work: F) -> Result<T>
    where
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let tx = Tx::new(self.begin().await?);
        let value = work(tx.clone()).await?;
        tx.add_what_waits().await?;
        let tx = tx.into_inner();
        let tx = tx.ok_or_else(|| Error::internal(anyhow!("the work kept its transaction")))?;
        tx.commit().await.map_err(Error::of_commit)?;
        Ok(value)
    }

    /// Begins a transaction. A pooled connection may have died while it lay there,
    /// as all of them have after the server was away; nothing was said on it yet,
    /// so the next one is tried.
    async fn begin(&self) -> std::result::Result<DatabaseTransaction, DbErr> {
        let mut tried = 0;
        loop {
            let begun = self.connection.begin_with_options(self.immediately()).await;
            match begun {
                Err(error) if tried < DEAD_CONNECTIONS_MAX && is_dead_connection(&error) => {
                    self.trust.lose("one was broken off");
                    tried += 1;
                }
                begun => return begun,
            }
        }
    }

    fn immediately(&self) -> TransactionOptions {
        let is_sqlite = self.connection.get_database_backend() == DbBackend::Sqlite;
        TransactionOptions {
            sqlite_transaction_mode: is_sqlite.then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        }
    }

    fn look_after(&self, error: &Error) {
        if error.is_of_a_server_that_only_reads() {
            self.trust.lose("it only reads");
        }
        if let Some(disk) = &self.disk
            && error.code() == Code::StoreUnavailable
        {
            disk.failed();
        }
    }

    /// In a task that goes on when whoever asked for it is gone.
    pub async fn undroppable<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        match self.runtime.spawn(work).await {
            Ok(result) => result,
            Err(ended) if ended.is_panic() => Err(Error::internal(anyhow!(
                "a transaction panicked: {}",
                panic_text(ended.into_panic().as_ref())
            ))),
            Err(ended) => Err(Error::internal(ended)),
        }
    }
}
