//! A database that is still being filled says so, and nobody serves from it.
//!
//! The mark is a table of its own, made before the first row comes and dropped
//! once all of them are known to be right. It is no part of the schema: a
//! database that is whole does not have it. It names where the rows come
//! from, so that what was begun from one place is not finished from another.

use anyhow::{bail, ensure};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::{Db, Tx};
use crate::error::Error;

const TABLE: &str = "unfinished";

/// Where the rows come from that are still on their way in, if any are.
pub async fn marked(conn: &impl ConnectionTrait) -> Result<Option<String>, DbErr> {
    let backend = conn.get_database_backend();
    let is_there = match backend {
        DbBackend::Postgres => "SELECT 1 AS one WHERE to_regclass('unfinished') IS NOT NULL",
        _ => "SELECT 1 AS one FROM sqlite_schema WHERE name = 'unfinished'",
    };
    let ask = |sql: String| conn.query_one_raw(Statement::from_string(backend, sql));
    if ask(is_there.to_owned()).await?.is_none() {
        return Ok(None);
    }
    let row = ask(format!("SELECT source FROM {TABLE}")).await?;
    row.map(|row| row.try_get("", "source")).transpose()
}

pub async fn mark(tx: &Tx, source: &str) -> Result<(), DbErr> {
    tx.execute_unprepared(&format!("CREATE TABLE {TABLE} (source TEXT NOT NULL)"))
        .await?;
    let insert = format!("INSERT INTO {TABLE} (source) VALUES ($1)");
    let values = [source.into()];
    tx.execute_raw(Statement::from_sql_and_values(
        tx.get_database_backend(),
        insert,
        values,
    ))
    .await?;
    Ok(())
}

/// Everything is there, and right.
pub async fn unmark(db: &Db) -> anyhow::Result<()> {
    let dropped = db.write(|tx| async move {
        tx.execute_unprepared(&format!("DROP TABLE {TABLE}"))
            .await?;
        Ok(())
    });
    dropped.await.map_err(Error::into_cause)
}

/// For whoever is about to serve.
pub async fn refuse(conn: &impl ConnectionTrait) -> anyhow::Result<()> {
    if let Some(source) = marked(conn).await? {
        bail!(
            "this database is not whole: it is being filled from {source}. \
             Run that command again, it goes on where it was cut off"
        );
    }
    Ok(())
}

/// What was begun from one place is not finished from another.
pub fn assert_same(began: &str, source: &str) -> anyhow::Result<()> {
    ensure!(
        began == source,
        "this database is being filled from {began}, not from {source}: \
         go on from there, or give an empty one"
    );
    Ok(())
}
