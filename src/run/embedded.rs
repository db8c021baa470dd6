//! The embedded default: a server that starts with nothing but itself.
//!
//! On SQLite what was not set is made once and kept in the data directory:
//! the sealing key, and the secrets that Vapi's webhooks prove themselves
//! with. On PostgreSQL nothing is made, because replicas must share it.

use crate::{
    config::{Config, Database, Secret},
    infra::{
        data_dir::{DataDir, LockFile},
        db::migrate::beside,
        seal::{Seal, generate},
    },
};

pub const SEALING_KEYS_FILE: &str = "sealing-keys";
const SHARED_SECRET_FILE: &str = "webhook-shared-secret";
const SIGNING_SECRET_FILE: &str = "vapi-webhook-secret";

/// The settings, completed by what is kept on this machine.
pub struct Embedded {
    config: Config,
    seal: Seal,
    lock: Option<LockFile>,
}

impl Embedded {
    /// For a server: on SQLite it takes the lock that says one is running.
    pub fn open(config: Config) -> anyhow::Result<Self> {
        let Database::Sqlite { file } = &config.storage.database else {
            let seal = seal(&config, None)?;
            return Ok(Self {
                config,
                seal,
                lock: None,
            });
        };
        let kept = DataDir::open(&config.storage.data_dir)?;
        let lock = LockFile::take(&beside(file, "lock"))?;
        let seal = seal(&config, Some(&kept))?;
        let config = with_webhook_secrets(config, &kept)?;
        Ok(Self {
            config,
            seal,
            lock: Some(lock),
        })
    }

    pub fn into_parts(self) -> (Config, Seal, Option<LockFile>) {
        (self.config, self.seal, self.lock)
    }
}

fn seal(config: &Config, kept: Option<&DataDir>) -> anyhow::Result<Seal> {
    match (&config.storage.sealing_keys, kept) {
        (Some(keys), _) => Seal::from_list(keys),
        (None, Some(kept)) => Seal::from_list(&kept.secret_or(SEALING_KEYS_FILE, generate)?),
        (None, None) => anyhow::bail!("RINGBACK_KEYS is not set"),
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
