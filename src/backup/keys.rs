//! The keys of a backup: a folder beside it, for who asked for one. Whoever
//! has both can read everything.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::{
    config::{Secret, StorageConfig},
    infra::{data_dir::DataDir, db::migrate, seal::Seal},
    run::{SEALING_KEYS_FILE, SHARED_SECRET_FILE, SIGNING_SECRET_FILE, known_keys},
};

/// What Vapi proves itself with, where it was made by us.
const WEBHOOK_SECRETS: [&str; 2] = [SHARED_SECRET_FILE, SIGNING_SECRET_FILE];

/// Writes them, for their owner alone.
pub(super) fn put_beside(backup: &Path, storage: &StorageConfig) -> anyhow::Result<PathBuf> {
    let sealing = known_keys(storage)?.context("there are no sealing keys to keep")?;
    let folder = folder(backup);
    ensure!(
        !folder.exists(),
        "{} is there already, and nothing is written over",
        folder.display()
    );
    let kept = DataDir::open(&folder)?;
    kept.keep_secret(SEALING_KEYS_FILE, &sealing)?;
    if storage.data_dir.is_dir() {
        let here = DataDir::open(&storage.data_dir)?;
        for name in WEBHOOK_SECRETS {
            if let Some(secret) = here.secret(name)? {
                kept.keep_secret(name, &secret)?;
            }
        }
    }
    Ok(folder)
}

/// The sealing keys with which a backup is to be read: those that are set or
/// kept here, else those beside it.
pub(super) fn of(backup: &Path, storage: &StorageConfig) -> anyhow::Result<Option<Seal>> {
    let list = match known_keys(storage)? {
        Some(known) => Some(known),
        None => beside(backup, SEALING_KEYS_FILE)?,
    };
    list.as_ref().map(Seal::from_list).transpose()
}

/// Puts what lies beside a backup where a server looks for it, unless
/// something is there; what was put.
pub(super) fn put_back(
    backup: &Path,
    storage: &StorageConfig,
) -> anyhow::Result<Vec<&'static str>> {
    let here = DataDir::open(&storage.data_dir)?;
    let mut put = Vec::new();
    for name in [SEALING_KEYS_FILE].into_iter().chain(WEBHOOK_SECRETS) {
        let is_set = name == SEALING_KEYS_FILE && storage.sealing_keys.is_some();
        if is_set || here.secret(name)?.is_some() {
            continue;
        }
        if let Some(secret) = beside(backup, name)? {
            here.keep_secret(name, &secret)?;
            put.push(name);
        }
    }
    Ok(put)
}

fn beside(backup: &Path, name: &str) -> anyhow::Result<Option<Secret>> {
    let folder = folder(backup);
    match folder.is_dir() {
        true => DataDir::open(&folder)?.secret(name),
        false => Ok(None),
    }
}

fn folder(backup: &Path) -> PathBuf {
    migrate::beside(backup, "keys")
}
