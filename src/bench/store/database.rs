//! One measured server's database, and what can be asked about it from outside.

use std::{fs, path::Path, path::PathBuf, sync::Arc};

use anyhow::Context;
use sea_orm::{ConnectOptions, ConnectionTrait, TryGetable};
use tempfile::TempDir;

use super::Postgres;
use crate::bench::folder::folder_below;

const FILE: &str = "ringback.db";

pub enum Database {
    Null,
    Sqlite { folder: TempDir },
    Postgres { server: Arc<Postgres>, name: String },
}

impl Database {
    pub(super) fn in_a_folder_below(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder_below(folder)?;
        Ok(Self::Sqlite { folder })
    }

    /// As `DATABASE_URL` names it.
    pub fn url(&self) -> anyhow::Result<Option<String>> {
        match self {
            Self::Null => Ok(None),
            Self::Sqlite { folder } => Ok(Some(format!("sqlite:{}", file(folder).display()))),
            Self::Postgres { server, name } => server.url_of(name).map(Some),
        }
    }

    /// All that it takes on the disk, with its write-ahead log.
    pub async fn bytes(&self) -> anyhow::Result<Option<f64>> {
        match self {
            Self::Null => Ok(None),
            Self::Sqlite { folder } => {
                let files = fs::read_dir(folder.path())?;
                let sizes = files.map(|file| Ok(file?.metadata()?.len()));
                let bytes: u64 = sizes.sum::<std::io::Result<u64>>()?;
                Ok(Some(bytes as f64))
            }
            Self::Postgres { server, name } => {
                let ask = format!("SELECT pg_database_size('{name}') AS it");
                Ok(Some(server.ask::<i64>(&ask).await? as f64))
            }
        }
    }

    /// What the queue of deliveries takes, with its indexes.
    pub async fn queue_bytes(&self) -> anyhow::Result<Option<f64>> {
        match self {
            Self::Null => Ok(None),
            Self::Sqlite { folder } => {
                let ask = "SELECT SUM(pgsize) AS it FROM dbstat WHERE name IN \
                    (SELECT name FROM sqlite_schema WHERE tbl_name = 'delivery_queue')";
                let url = format!("sqlite:{}?mode=ro", file(folder).display());
                Ok(Some(ask_at::<i64>(&url, ask).await? as f64))
            }
            Self::Postgres { server, name } => {
                let ask = "SELECT pg_total_relation_size('delivery_queue') AS it";
                let url = server.url_of(name)?;
                Ok(Some(ask_at::<i64>(&url, ask).await? as f64))
            }
        }
    }

    /// The processor time that its own server has used, where that is a process of ours.
    pub fn server_cpu(&self) -> Option<std::time::Duration> {
        match self {
            Self::Postgres { server, .. } => server.cpu(),
            _ => None,
        }
    }

    /// Leaves nothing behind. Whoever used it has ended.
    pub async fn drop(self) -> anyhow::Result<()> {
        match self {
            Self::Postgres { server, name } => server.forget(&name).await,
            Self::Null | Self::Sqlite { .. } => Ok(()),
        }
    }
}

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join(FILE)
}

pub(super) async fn sqlite_version() -> anyhow::Result<String> {
    ask_at("sqlite::memory:", "SELECT sqlite_version() AS it").await
}

/// Asks for one value, named `it`, over a connection of its own.
pub(super) async fn ask_at<T: TryGetable>(url: &str, sql: &str) -> anyhow::Result<T> {
    let connection = sea_orm::Database::connect(options(url)).await?;
    let row = connection
        .query_one_raw(sea_orm::Statement::from_string(
            connection.get_database_backend(),
            sql,
        ))
        .await?;
    let value = row.context("the database has no answer")?.try_get("", "it");
    connection.close().await?;
    Ok(value?)
}

pub(super) fn options(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_fresh_sqlite_is_a_file_in_a_folder_that_goes() {
        let below = tempfile::tempdir().unwrap();
        let database = Database::in_a_folder_below(below.path()).unwrap();
        let Database::Sqlite { folder } = &database else {
            panic!("it is SQLite");
        };
        fs::write(file(folder), [0; 100]).unwrap();
        assert_eq!(database.bytes().await.unwrap(), Some(100.0));
        database.drop().await.unwrap();
        assert_eq!(fs::read_dir(below.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn sqlite_tells_its_version() {
        assert!(sqlite_version().await.unwrap().starts_with("3."));
    }
}
