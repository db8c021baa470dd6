//! Putting a database back.

use std::{
    fs::{self, File, Permissions},
    io::Read,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use tempfile::Builder;

use super::{Held, Restored, hold::hold, keys, postgres};
use crate::{
    config::{Database, Secret, StorageConfig},
    infra::{
        clock::Clock,
        data_dir::{DataDir, LockFile},
        db::{
            Db,
            migrate::{self, beside},
            snapshot, unfinished,
        },
        seal::{
            Seal,
            sweep::{self, Fit},
        },
    },
};

const SQLITE: &[u8] = b"SQLite format 3\0";
const POSTGRES: &[u8] = b"PGDMP";

/// Restores a backup to where the settings say, which must be free.
/// `goes_on`: nothing was called since the backup, so nothing is held.
pub async fn put_back(
    storage: &StorageConfig,
    from: &Path,
    goes_on: bool,
) -> anyhow::Result<Restored> {
    let seal = keys::of(from, storage)?;
    let (held, database) = match (&storage.database, kind(from)?) {
        (Database::Sqlite { file }, Kind::Sqlite) => (
            to_sqlite(storage, file, from, seal.as_ref(), goes_on).await?,
            file.display().to_string(),
        ),
        (Database::Postgres { url }, Kind::Postgres) => (
            to_postgres(storage, url, from, seal.as_ref(), goes_on).await?,
            "the database that DATABASE_URL names".to_owned(),
        ),
        (Database::Sqlite { .. }, Kind::Postgres) => bail!(
            "this is a backup of PostgreSQL, and DATABASE_URL names none: set it to an empty database"
        ),
        (Database::Postgres { .. }, Kind::Sqlite) => bail!(
            "this is a backup of SQLite: restore it with DATABASE_URL=sqlite:<a new file>, \
             then `ringback copy` takes it to PostgreSQL"
        ),
    };
    Ok(Restored {
        database,
        held,
        secrets: keys::put_back(from, storage)?,
    })
}

enum Kind {
    Sqlite,
    Postgres,
}

fn kind(from: &Path) -> anyhow::Result<Kind> {
    let mut head = Vec::new();
    let file = File::open(from).with_context(|| format!("{} cannot be read", from.display()))?;
    file.take(SQLITE.len() as u64).read_to_end(&mut head)?;
    match head {
        head if head == SQLITE => Ok(Kind::Sqlite),
        head if head.starts_with(POSTGRES) => Ok(Kind::Postgres),
        _ => bail!("{} is no backup", from.display()),
    }
}

/// Made ready in a folder beside its place, and renamed when it is.
async fn to_sqlite(
    storage: &StorageConfig,
    file: &Path,
    from: &Path,
    seal: Option<&Seal>,
    goes_on: bool,
) -> anyhow::Result<Option<Held>> {
    DataDir::open(&storage.data_dir)?;
    let _lock = LockFile::take(&beside(file, "lock"))?;
    for taken in [file.to_owned(), with_suffix(file, "-wal")] {
        let is_taken = fs::symlink_metadata(&taken).is_ok();
        ensure!(
            !is_taken,
            "{} is there, and nothing is written over: move it away first",
            taken.display()
        );
    }
    let place = file
        .parent()
        .filter(|it| *it != Path::new(""))
        .unwrap_or(Path::new("."));
    let folder = Builder::new()
        .prefix(".ringback-restore-")
        .tempdir_in(place)?;
    let ready = folder.path().join("ringback.db");
    fs::copy(from, &ready).with_context(|| format!("{} cannot be read", from.display()))?;
    fs::set_permissions(&ready, Permissions::from_mode(0o600))?;
    snapshot::assert_intact(&ready).await?;
    let made_ready = Database::Sqlite {
        file: ready.clone(),
    };
    let held = make_ready(storage, &made_ready, seal, goes_on).await?;
    File::open(&ready)?.sync_all()?;
    fs::rename(&ready, file)?;
    File::open(place)?.sync_all()?;
    Ok(held)
}

/// A mark keeps servers away until everything is right.
async fn to_postgres(
    storage: &StorageConfig,
    url: &Secret,
    from: &Path,
    seal: Option<&Seal>,
    goes_on: bool,
) -> anyhow::Result<Option<Held>> {
    let source = from.canonicalize()?.display().to_string();
    if !postgres::begin(storage, &source).await? {
        postgres::restore(url, from).await?;
    }
    let held = make_ready(storage, &storage.database, seal, goes_on).await?;
    let db = Db::open(storage).await?;
    postgres::renumber(&db).await?;
    unfinished::unmark(&db).await?;
    db.close().await;
    Ok(held)
}

async fn make_ready(
    storage: &StorageConfig,
    database: &Database,
    seal: Option<&Seal>,
    goes_on: bool,
) -> anyhow::Result<Option<Held>> {
    migrate::up(database).await?;
    let db = Db::open(&StorageConfig {
        database: database.clone(),
        ..storage.clone()
    })
    .await?;
    assert_readable(&db, seal).await?;
    let held = match goes_on {
        true => None,
        false => Some(hold(&db, Clock::system().millis()).await?),
    };
    db.close().await;
    Ok(held)
}

async fn assert_readable(db: &Db, seal: Option<&Seal>) -> anyhow::Result<()> {
    match sweep::fit(db, seal).await? {
        Fit::Fits => Ok(()),
        Fit::OfOthers(why) => Err(why).context("the sealing keys here are not those of the backup"),
        Fit::Missing => bail!(
            "the sealing keys of the backup are not here: put its `sealing-keys` into \
             RINGBACK_DATA_DIR, or set RINGBACK_KEYS"
        ),
    }
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
