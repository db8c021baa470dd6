//! Putting a database aside.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use tempfile::{Builder, NamedTempFile};

use super::{Backup, Watch, keys, postgres, watched::watched};
use crate::{
    config::{Database, StorageConfig},
    infra::{clock::Clock, db::snapshot},
};

/// Writes a backup: as this file, or under a name that tells the time in this folder.
pub async fn put_aside(
    storage: &StorageConfig,
    to: &Path,
    with_keys: bool,
    watch: Watch<'_>,
) -> anyhow::Result<Backup> {
    let file = destination(to, &storage.database);
    let free = || -> anyhow::Result<()> {
        let is_taken = fs::symlink_metadata(&file).is_ok();
        ensure!(
            !is_taken,
            "{} is there already, and nothing is written over",
            file.display()
        );
        Ok(())
    };
    free()?;
    let part = part_beside(&file)?;
    match &storage.database {
        Database::Sqlite { file } => {
            ensure!(file.is_file(), "there is no database {}", file.display());
            let bytes = fs::metadata(file)?.len();
            watched(
                part.path(),
                Some(bytes),
                watch,
                snapshot::take(file, part.path()),
            )
            .await?;
            snapshot::assert_intact(part.path()).await?;
        }
        Database::Postgres { url } => {
            watched(part.path(), None, watch, postgres::dump(url, part.path())).await?;
            postgres::assert_readable(part.path()).await?;
        }
    }
    free()?;
    let keys = match with_keys {
        true => Some(keys::put_beside(&file, storage)?),
        false => None,
    };
    let bytes = keep(part, &file)?;
    Ok(Backup { file, bytes, keys })
}

fn destination(to: &Path, database: &Database) -> PathBuf {
    if !to.is_dir() {
        return to.to_owned();
    }
    let kind = match database {
        Database::Sqlite { .. } => "db",
        Database::Postgres { .. } => "dump",
    };
    let now = Clock::system().now().format("%Y%m%dT%H%M%SZ");
    to.join(format!("ringback-{now}.{kind}"))
}

/// In the same folder, so that it can be renamed; for its owner alone, and gone if we fail.
fn part_beside(file: &Path) -> anyhow::Result<NamedTempFile> {
    let folder = folder_of(file);
    Builder::new()
        .prefix(".ringback-")
        .suffix(".part")
        .tempfile_in(folder)
        .with_context(|| format!("{} cannot be written to", folder.display()))
}

/// Its name stands for a backup that is whole and on the disk.
fn keep(part: NamedTempFile, file: &Path) -> anyhow::Result<u64> {
    let written = File::open(part.path())?;
    written.sync_all()?;
    let bytes = written.metadata()?.len();
    part.persist_noclobber(file)
        .with_context(|| format!("{} cannot be made", file.display()))?;
    File::open(folder_of(file))?.sync_all()?;
    Ok(bytes)
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
