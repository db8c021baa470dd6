//! One measured server's database, and what can be asked about it from outside.

use std::{fs, path::Path, path::PathBuf, sync::Arc};

use anyhow::Context;
use sea_orm::TryGetable;
use tempfile::TempDir;

use super::{Postgres, beside::ask_at, postgres::OldReader};
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

    /// How many lanes have an open breaker.
    pub async fn open_breakers(&self) -> anyhow::Result<u64> {
        let ask = "SELECT count(*) AS it FROM lanes WHERE next_probe_at IS NOT NULL";
        let lanes: Option<i64> = self.ask(ask).await?;
        Ok(u64::try_from(lanes.unwrap_or(0))?)
    }

    /// What the queue of deliveries takes, with its indexes.
    pub async fn queue_bytes(&self) -> anyhow::Result<Option<f64>> {
        let ask = match self {
            Self::Postgres { .. } => "SELECT pg_total_relation_size('delivery_queue') AS it",
            Self::Null | Self::Sqlite { .. } => {
                "SELECT SUM(pgsize) AS it FROM dbstat WHERE name IN \
                    (SELECT name FROM sqlite_schema WHERE tbl_name = 'delivery_queue')"
            }
        };
        let bytes: Option<i64> = self.ask(ask).await?;
        Ok(bytes.map(|bytes| bytes as f64))
    }

    /// How many bytes PostgreSQL has written ahead, ever.
    pub async fn written_ahead(&self) -> anyhow::Result<Option<f64>> {
        match self {
            Self::Postgres { .. } => {
                let ask = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS it";
                let bytes: Option<i64> = self.ask(ask).await?;
                Ok(bytes.map(|bytes| bytes as f64))
            }
            Self::Null | Self::Sqlite { .. } => Ok(None),
        }
    }

    /// Begins to read, and does not end.
    pub async fn old_reader(&self) -> anyhow::Result<OldReader> {
        let url = self.url()?.context("nothing is kept that could be read")?;
        OldReader::at(&url).await
    }

    /// Asks for one value, named `it`, while the server works; none where nothing is kept.
    async fn ask<T: TryGetable>(&self, sql: &str) -> anyhow::Result<Option<T>> {
        let Some(url) = self.url()? else {
            return Ok(None);
        };
        let url = match self {
            Self::Sqlite { .. } => format!("{url}?mode=ro"),
            Self::Null | Self::Postgres { .. } => url,
        };
        ask_at(&url, sql).await.map(Some)
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
