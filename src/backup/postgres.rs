//! A database of PostgreSQL as a file, and back.

use std::path::Path;

use anyhow::bail;
use sea_orm::{ConnectionTrait, Statement};

use super::programs::run;
use crate::{
    config::{Secret, StorageConfig},
    error::Error,
    infra::db::{Db, unfinished},
};

/// One consistent moment of it, while it is used. Processes that run now do
/// not run where it is restored.
pub(super) async fn dump(url: &Secret, into: &Path) -> anyhow::Result<()> {
    let into = format!("--file={}", into.display());
    let arguments = [
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        "--exclude-table-data=instances",
        &into,
    ];
    run("pg_dump", arguments, Some(url)).await
}

/// The file has a table of contents, and its end.
pub(super) async fn assert_readable(file: &Path) -> anyhow::Result<()> {
    let file = file.display().to_string();
    run("pg_restore", ["--list", &file], None).await
}

/// All or nothing, into a database without a table of ours.
pub(super) async fn restore(url: &Secret, from: &Path) -> anyhow::Result<()> {
    let from = from.display().to_string();
    let arguments = [
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        &from,
    ];
    run("pg_restore", arguments, Some(url)).await
}

/// Marks an empty database, or finds that this restore was begun; whether the
/// rows are there already.
pub(super) async fn begin(storage: &StorageConfig, source: &str) -> anyhow::Result<bool> {
    let db = Db::open(storage).await?;
    let begun = begin_on(&db, source).await;
    db.close().await;
    begun
}

async fn begin_on(db: &Db, source: &str) -> anyhow::Result<bool> {
    let began = unfinished::marked(db.read()).await?;
    let has_rows = has_schema(db).await?;
    match began {
        Some(began) => unfinished::assert_same(&began, source)?,
        None if has_rows => bail!(
            "the database that DATABASE_URL names is not empty, and nothing is written over: \
             name a new one"
        ),
        None => {
            let source = source.to_owned();
            let marked = db.write(|tx| async move { Ok(unfinished::mark(&tx, &source).await?) });
            marked.await.map_err(Error::into_cause)?;
        }
    }
    Ok(has_rows)
}

async fn has_schema(db: &Db) -> anyhow::Result<bool> {
    let sql = "SELECT 1 AS one WHERE to_regclass('seaql_migrations') IS NOT NULL";
    let ask = Statement::from_string(db.backend(), sql);
    Ok(db.read().query_one_raw(ask).await?.is_some())
}

/// Transactions are counted by each server for itself. An event whose number is
/// of the future here would be told to no stream until the count has come there,
/// and newer ones would come before it: all such are of this transaction.
pub(super) async fn renumber(db: &Db) -> anyhow::Result<()> {
    let sql = "UPDATE events SET xid = pg_current_xact_id() WHERE xid >= pg_current_xact_id()";
    let renumbered = db.write(move |tx| async move {
        tx.execute_unprepared("SET LOCAL statement_timeout = 0")
            .await?;
        tx.execute_unprepared(sql).await?;
        Ok(())
    });
    renumbered.await.map_err(Error::into_cause)
}
