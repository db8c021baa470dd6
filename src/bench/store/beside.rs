//! Connections beside those of the server that is measured.

use anyhow::Context;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement, TryGetable,
};

/// Asks for one value, named `it`, over a connection of its own.
pub(super) async fn ask_at<T: TryGetable>(url: &str, sql: &str) -> anyhow::Result<T> {
    let connection = connect(url).await?;
    let row = connection
        .query_one_raw(Statement::from_string(
            connection.get_database_backend(),
            sql,
        ))
        .await?;
    let value = row.context("the database has no answer")?.try_get("", "it");
    connection.close().await?;
    Ok(value?)
}

/// A connection of its own, whose transactions stay open for as long as they are wanted.
pub(super) async fn connect(url: &str) -> anyhow::Result<DatabaseConnection> {
    Ok(Database::connect(options(url)).await?)
}

pub(super) fn options(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    options
}
