//! The counters behind keys that the database counts up.
//!
//! A number is never given twice, also where the row that had it is gone:
//! whoever follows the log remembers how far it has come. So the new counter
//! goes on where the old one stands, and never below the rows.

use sea_orm::{ConnectionTrait, Statement};

use super::table::Table;
use crate::{
    error::Error,
    infra::db::{Db, Tx},
};

impl Table {
    /// Brings the target's counter up to the source's.
    pub async fn bring_up_counter(&self, source: &Db, target: &Db) -> anyhow::Result<()> {
        let highest = self.highest_ever(source).await?;
        let table = self.clone();
        let set = target.write(move |tx| async move { table.set_counter(&tx, highest).await });
        set.await.map_err(Error::into_cause)
    }

    /// The highest number that was ever given here; none is 0.
    pub async fn highest_ever(&self, db: &Db) -> anyhow::Result<i64> {
        let (name, key) = (self.name, self.columns[0].name);
        let sql = match db.is_postgres() {
            true => format!(
                "SELECT coalesce(max(number), 0) AS highest FROM (
                     SELECT max(\"{key}\") AS number FROM \"{name}\" UNION ALL
                     SELECT pg_sequence_last_value(
                         pg_get_serial_sequence('{name}', '{key}')::regclass)) AS given"
            ),
            false => format!(
                "SELECT coalesce(max(number), 0) AS highest FROM (
                     SELECT max(\"{key}\") AS number FROM \"{name}\" UNION ALL
                     SELECT seq FROM sqlite_sequence WHERE name = '{name}')"
            ),
        };
        let ask = Statement::from_string(db.backend(), sql);
        let row = db.read().query_one_raw(ask).await?;
        Ok(match row {
            Some(row) => row.try_get("", "highest")?,
            None => 0,
        })
    }

    async fn set_counter(&self, tx: &Tx, highest: i64) -> crate::error::Result<()> {
        if highest == 0 {
            return Ok(());
        }
        let (name, key) = (self.name, self.columns[0].name);
        let backend = tx.get_database_backend();
        let statements = match backend {
            sea_orm::DbBackend::Postgres => vec![format!(
                "SELECT setval(pg_get_serial_sequence('{name}', '{key}')::regclass, {highest})"
            )],
            _ => vec![
                format!("DELETE FROM sqlite_sequence WHERE name = '{name}'"),
                format!("INSERT INTO sqlite_sequence (name, seq) VALUES ('{name}', {highest})"),
            ],
        };
        for sql in statements {
            tx.execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}
