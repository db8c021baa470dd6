//! The embedded default: a server that starts with nothing but itself.
//!
//! On SQLite what was not set is made once and kept in the data directory:
//! the sealing key, and the secrets that Vapi's webhooks prove themselves
//! with. On PostgreSQL nothing is made, because replicas must share it.

use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::{
    config::{Config, Database, Secret, StorageConfig},
    infra::{
        data_dir::{DataDir, LockFile},
        db::{Db, migrate::beside},
        seal::{Seal, generate, sweep},
    },
};

pub const SEALING_KEYS_FILE: &str = "sealing-keys";
pub const SHARED_SECRET_FILE: &str = "webhook-shared-secret";
pub const SIGNING_SECRET_FILE: &str = "vapi-webhook-secret";

/// The settings, completed by what is kept on this machine.
pub struct Embedded {
    pub config: Config,
    pub lock: Option<LockFile>,
    /// Where the shared secret is kept, unless it is set.
    pub shared_secret_file: Option<PathBuf>,
    keys: Keys,
}

/// Where the sealing keys come from.
enum Keys {
    Set(Seal),
    Kept(DataDir),
}

impl Embedded {
    /// For a server: on SQLite it takes the lock that says one is running.
    pub fn open(config: Config) -> anyhow::Result<Self> {
        let set = config
            .storage
            .sealing_keys
            .as_ref()
            .map(Seal::from_list)
            .transpose()?;
        let Database::Sqlite { file } = &config.storage.database else {
            let keys = Keys::Set(set.context("RINGBACK_KEYS is not set")?);
            return Ok(Self {
                config,
                lock: None,
                shared_secret_file: None,
                keys,
            });
        };
        let kept = DataDir::open(&config.storage.data_dir)?;
        let lock = Some(LockFile::take(&beside(file, "lock"))?);
        let is_set = !config.ingest.shared_secrets.is_empty();
        let config = with_webhook_secrets(config, &kept)?;
        Ok(Self {
            config,
            lock,
            shared_secret_file: (!is_set).then(|| kept.file(SHARED_SECRET_FILE)),
            keys: set.map_or(Keys::Kept(kept), Keys::Set),
        })
    }

    /// The sealing keys: those that are set, else those that are kept, else
    /// new ones. New ones beside data that is sealed already would hide that
    /// the old ones are gone, so that is refused.
    pub async fn seal(&self, db: &Db) -> anyhow::Result<Seal> {
        let kept = match &self.keys {
            Keys::Set(seal) => return Ok(seal.clone()),
            Keys::Kept(kept) => kept,
        };
        let is_lost = kept.secret(SEALING_KEYS_FILE)?.is_none();
        if is_lost && sweep::anything_is_sealed(db).await? {
            bail!(
                "{} is gone, and the database holds values that only its keys open: restore it from a backup",
                kept.file(SEALING_KEYS_FILE).display()
            );
        }
        Seal::from_list(&kept.secret_or(SEALING_KEYS_FILE, generate)?)
    }
}

/// The sealing keys that are set or kept. None are made.
pub fn known_keys(storage: &StorageConfig) -> anyhow::Result<Option<Secret>> {
    if let Some(set) = &storage.sealing_keys {
        return Ok(Some(set.clone()));
    }
    match storage.data_dir.is_dir() {
        true => DataDir::open(&storage.data_dir)?.secret(SEALING_KEYS_FILE),
        false => Ok(None),
    }
}

fn with_webhook_secrets(mut config: Config, kept: &DataDir) -> anyhow::Result<Config> {
    let ingest = &mut config.ingest;
    for (secrets, file) in [
        (&mut ingest.shared_secrets, SHARED_SECRET_FILE),
        (&mut ingest.signing_secrets, SIGNING_SECRET_FILE),
    ] {
        if secrets.is_empty() {
            secrets.push(kept.secret_or(file, word)?);
        }
    }
    Ok(config)
}

/// A secret that is one plain word, so that it can be typed into any form.
fn word() -> Secret {
    Secret::new(hex::encode(rand::random::<[u8; 32]>()))
}
