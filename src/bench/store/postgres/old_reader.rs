//! A transaction that looked once and never ends: a report that somebody runs, a backup. While it is
//! there, nothing that was deleted since can be cleaned away.

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, IsolationLevel,
    TransactionTrait,
};

use crate::bench::store::beside::connect;

pub struct OldReader {
    transaction: DatabaseTransaction,
    connection: DatabaseConnection,
}

impl OldReader {
    pub async fn at(url: &str) -> anyhow::Result<Self> {
        let connection = connect(url).await?;
        let transaction = connection
            .begin_with_config(
                Some(IsolationLevel::RepeatableRead),
                Some(AccessMode::ReadOnly),
            )
            .await?;
        // It is the first question that takes the snapshot.
        transaction
            .execute_unprepared("SELECT count(*) FROM lanes")
            .await?;
        Ok(Self {
            transaction,
            connection,
        })
    }

    pub async fn leave(self) -> anyhow::Result<()> {
        self.transaction.rollback().await?;
        Ok(self.connection.close().await?)
    }
}
