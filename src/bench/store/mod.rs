//! Where the measured server keeps what it takes: nowhere, in SQLite, or in PostgreSQL.
//!
//! Every server gets a fresh database, which goes with it.

pub mod again;
mod beside;
mod database;
mod fill;
pub mod postgres;

use std::{path::Path, sync::Arc};

use serde::Serialize;

pub use database::Database;
pub use postgres::Postgres;

/// As it is called in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Null,
    Sqlite,
    Postgres,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null pipeline",
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

#[derive(Clone)]
pub enum Store {
    /// The null pipeline's.
    Null,
    Sqlite,
    Postgres(Arc<Postgres>),
}

impl Store {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Sqlite => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }

    pub async fn fresh(&self, folder: &Path) -> anyhow::Result<Database> {
        match self {
            Self::Null => Ok(Database::Null),
            Self::Sqlite => Database::in_a_folder_below(folder),
            Self::Postgres(server) => server.fresh().await.map(|name| Database::Postgres {
                server: Arc::clone(server),
                name,
            }),
        }
    }

    /// What the program calls itself; the null pipeline has none.
    pub async fn version(&self) -> anyhow::Result<Option<String>> {
        match self {
            Self::Null => Ok(None),
            Self::Sqlite => database::sqlite_version().await.map(Some),
            Self::Postgres(server) => server.version().await.map(Some),
        }
    }
}
