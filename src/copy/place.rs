//! Where rows come from and where they go: opened, locked, and at rest.
//!
//! Nobody may write on either side while rows move. On SQLite the lock file
//! keeps servers away; on PostgreSQL none may have given a sign of life.

use std::path::Path;

use anyhow::{Context, bail, ensure};

use crate::{
    config::{Database, StorageConfig},
    error::Error,
    infra::{
        data_dir::LockFile,
        db::{
            Db,
            migrate::{self, beside},
            unfinished,
        },
    },
    instances,
};

/// A database that is ours alone for as long as this lives.
pub struct Place {
    pub db: Db,
    pub name: String,
    _lock: Option<LockFile>,
}

impl Place {
    /// What is there is read, and nothing is changed.
    pub async fn source(database: &Database, storage: &StorageConfig) -> anyhow::Result<Self> {
        if let Database::Sqlite { file } = database {
            ensure!(
                file.is_file(),
                "--from names {}, where there is no database",
                file.display()
            );
        }
        let place = Self::open(database, storage).await.context("--from")?;
        let current = migrate::assert_current(place.db.read()).await;
        current.context("--from")?;
        unfinished::refuse(place.db.read())
            .await
            .context("--from")?;
        place.assert_at_rest("--from").await?;
        Ok(place)
    }

    /// Made where it is missing, and brought up to date.
    pub async fn target(database: &Database, storage: &StorageConfig) -> anyhow::Result<Self> {
        let place = Self::open(database, storage).await.context("--to")?;
        migrate::up(database).await.context("--to")?;
        place.assert_at_rest("--to").await?;
        Ok(place)
    }

    async fn open(database: &Database, storage: &StorageConfig) -> anyhow::Result<Self> {
        let lock = match database {
            Database::Sqlite { file } => Some(LockFile::take(&beside(file, "lock"))?),
            Database::Postgres { .. } => None,
        };
        let storage = StorageConfig {
            database: database.clone(),
            ..storage.clone()
        };
        Ok(Self {
            db: Db::open(&storage).await?,
            name: name(database)?,
            _lock: lock,
        })
    }

    /// A server on SQLite would hold the lock; one on PostgreSQL has a row.
    pub async fn assert_at_rest(&self, which: &str) -> anyhow::Result<()> {
        if !self.db.is_postgres() {
            return Ok(());
        }
        let alive = instances::alive(&self.db)
            .await
            .map_err(Error::into_cause)?;
        if let Some(one) = alive.first() {
            bail!(
                "{which} is in use by {} ringback (such as {}): stop them all first; \
                 one that was killed counts as alive for RINGBACK_INSTANCE_TTL",
                alive.len(),
                one.name
            );
        }
        Ok(())
    }
}

/// What people call it, without its password, and always the same.
pub fn name(database: &Database) -> anyhow::Result<String> {
    Ok(match database {
        Database::Sqlite { file } => format!("sqlite:{}", absolute(file)?),
        Database::Postgres { url } => {
            let url = url::Url::parse(url.expose()).context("the URL cannot be read")?;
            let (host, port) = (
                url.host_str().unwrap_or_default(),
                url.port().unwrap_or(5432),
            );
            format!("postgres://{host}:{port}{}", url.path())
        }
    })
}

/// The folder must be there, the file need not.
fn absolute(file: &Path) -> anyhow::Result<String> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let folder = folder
        .canonicalize()
        .with_context(|| format!("the folder {} is missing", folder.display()))?;
    let name = file.file_name().context("a database is a file")?;
    Ok(folder.join(name).display().to_string())
}
