//! Writing: a transaction that nobody can drop, and when it is durable.
//!
//! The request that asked for a transaction may be cancelled by a client that
//! hangs up; the transaction still ends in a commit or a rollback of its own.

use std::{future::Future, sync::Arc, time::Duration};

use anyhow::anyhow;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};
use tokio::{runtime::Handle, time::timeout};

use super::{
    disk::{Disk, Ticket},
    sqlite::Desk,
    transaction::{Inner, Tx},
    trust::Trust,
};
use crate::{
    error::{Code, Error, is_dead_connection},
    infra::worker::panic_text,
};

/// As many as a pool can hold.
const DEAD_CONNECTIONS_MAX: usize = 8;

#[derive(Clone, Debug)]
pub(super) struct Writer {
    way: Way,
    trust: Trust,
    /// The process's own runtime. A handler runs on a runtime of its server
    /// thread, which ends before the last results are written.
    runtime: Handle,
}

#[derive(Clone, Debug)]
pub(super) enum Way {
    /// To PostgreSQL.
    Pool(DatabaseConnection),
    /// To SQLite, where a commit is not on the disk as soon as it is made.
    Desk(Desk, Arc<Disk>),
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

/// For who cannot wait until the kernel finds out that a server is gone which does not say so: after
/// this time it counts as away. The transaction goes on, and may yet be committed.
pub async fn in_time<T>(
    within: Duration,
    written: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let silence = |_| Error::commit_unknown(anyhow!("no answer came within {within:?}"));
    timeout(within, written).await.map_err(silence)?
}

impl Writer {
    pub fn new(way: Way, trust: Trust, runtime: Handle) -> Self {
        Self {
            way,
            trust,
            runtime,
        }
    }

    pub fn pool(&self) -> Option<&DatabaseConnection> {
        match &self.way {
            Way::Pool(pool) => Some(pool),
            Way::Desk(..) => None,
        }
    }

    pub async fn close(&self) -> Result<(), DbErr> {
        match &self.way {
            Way::Pool(pool) => pool.close_by_ref().await,
            Way::Desk(desk, _) => desk.close().await,
        }
    }

    /// Runs `work` in a transaction, and commits it if it ends well.
    pub async fn commit<T, F, Fut>(&self, work: F) -> Result<Committed<T>, Error>
    where
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = Result<T, Error>>,
    {
        let value = self.transaction(work).await;
        if let Err(error) = &value {
            self.look_after(error);
        }
        let value = value?;
        let ticket = self.disk().map(Disk::ticket);
        Ok(Committed { value, ticket })
    }

    async fn transaction<T, F, Fut>(&self, work: F) -> Result<T, Error>
    where
        F: FnOnce(Tx) -> Fut,
        Fut: Future<Output = Result<T, Error>>,
    {
        let tx = Tx::new(self.begin().await?);
        let done = work(tx.clone()).await;
        match (done, tx.into_whole()) {
            (Ok(value), Some(tx)) => {
                tx.commit().await?;
                Ok(value)
            }
            (Err(error), Some(tx)) => {
                tx.roll_back().await;
                Err(error)
            }
            (Err(error), None) => Err(error),
            (Ok(_), None) => Err(Error::internal(anyhow!("the work kept its transaction"))),
        }
    }

    async fn begin(&self) -> Result<Inner, DbErr> {
        match &self.way {
            Way::Pool(pool) => Ok(Inner::Pooled(self.begin_on(pool).await?)),
            Way::Desk(desk, _) => Ok(Inner::Session(desk.session().await?)),
        }
    }

    /// Begins a transaction. A pooled connection may have died while it lay there,
    /// as all of them have after the server was away; nothing was said on it yet,
    /// so the next one is tried.
    async fn begin_on(&self, pool: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
        let mut tried = 0;
        loop {
            match pool.begin().await {
                Err(error) if tried < DEAD_CONNECTIONS_MAX && is_dead_connection(&error) => {
                    self.trust.lose("one was broken off");
                    tried += 1;
                }
                begun => return begun,
            }
        }
    }

    fn disk(&self) -> Option<&Arc<Disk>> {
        match &self.way {
            Way::Pool(_) => None,
            Way::Desk(_, disk) => Some(disk),
        }
    }

    fn look_after(&self, error: &Error) {
        if error.is_of_a_server_that_only_reads() {
            self.trust.lose("it only reads");
        }
        if let Some(disk) = self.disk()
            && error.code() == Code::StoreUnavailable
        {
            disk.failed();
        }
    }

    /// In a task that goes on when whoever asked for it is gone.
    pub async fn undroppable<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
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

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn a_database_that_says_nothing_counts_as_away() {
        let away = in_time(Duration::ZERO, pending::<Result<(), Error>>()).await;
        assert_eq!(away.unwrap_err().code(), Code::StoreUnavailable);
        let written = in_time(Duration::ZERO, async { Ok(7) }).await;
        assert_eq!(written.unwrap(), 7);
    }
}
