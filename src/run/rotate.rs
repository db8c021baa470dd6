//! Changing the sealing keys.
//!
//! Keys that are kept in the data directory change while no server runs on
//! it, because a running one would not know the new key: one is made and put
//! first, everything is sealed again with it, and the old ones stay listed,
//! as backups still need them. Keys that come from `RINGBACK_KEYS` are changed
//! there by the operator; then the sweep can run beside the servers.

use std::fmt;

use crate::{
    config::{Config, Database, Secret},
    error::Error,
    infra::{
        data_dir::{DataDir, LockFile},
        db::{
            Db,
            migrate::{self, beside},
        },
        seal::{Seal, generate, sweep},
    },
};

use super::{embedded::SEALING_KEYS_FILE, spooled};

/// What a rotation did.
#[derive(Debug)]
pub struct Rotated {
    resealed: u64,
    made_a_key: bool,
    spool: Spool,
}

/// What waits there stays under the key that it was sealed with.
#[derive(Debug)]
enum Spool {
    Holds(u64),
    /// A server has it open.
    InUse,
    /// Each replica has one of its own, which is not to be seen from here.
    OfEachReplica,
}

/// `watch` is told how many values it was so far.
pub async fn rotate(
    config: Config,
    watch: &(dyn Fn(u64) + Send + Sync),
) -> anyhow::Result<Rotated> {
    let storage = &config.storage;
    let (seal, made_a_key, _lock) = match (&storage.sealing_keys, &storage.database) {
        (Some(keys), _) => (Seal::from_list(keys)?, false, None),
        (None, Database::Postgres { .. }) => anyhow::bail!("RINGBACK_KEYS is not set"),
        (None, Database::Sqlite { file }) => {
            let kept = DataDir::open(&storage.data_dir)?;
            let lock = LockFile::take(&beside(file, "lock"))?;
            (with_a_new_key(&kept)?, true, Some(lock))
        }
    };
    if storage.migrate_at_start {
        migrate::up(&storage.database).await?;
    }
    let db = Db::open(storage).await?;
    let resealed = sweep::reseal(&db, &seal, watch).await;
    db.close().await;
    Ok(Rotated {
        resealed: resealed.map_err(Error::into_cause)?,
        made_a_key,
        spool: match spooled::waiting(&storage.data_dir, Some(&seal)) {
            Ok(0) if matches!(storage.database, Database::Postgres { .. }) => Spool::OfEachReplica,
            Ok(waiting) => Spool::Holds(waiting),
            Err(_) => Spool::InUse,
        },
    })
}

/// The key is kept before anything is sealed with it, and not before the list
/// is known to be one that a server can start with.
fn with_a_new_key(kept: &DataDir) -> anyhow::Result<Seal> {
    let new = generate();
    let list = match kept.secret(SEALING_KEYS_FILE)? {
        Some(old) => Secret::new(format!("{},{}", new.expose(), old.expose())),
        None => new,
    };
    let seal = Seal::from_list(&list)?;
    kept.keep_secret(SEALING_KEYS_FILE, &list)?;
    Ok(seal)
}

impl fmt::Display for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.made_a_key {
            writeln!(f, "A new sealing key was made and put first.")?;
        }
        writeln!(
            f,
            "{} values were sealed again with the first key.",
            self.resealed
        )?;
        f.write_str(match self.spool {
            Spool::Holds(0) => {
                "Everything is under it now; older keys are needed only for backups made before."
            }
            Spool::Holds(_) => {
                "Everything in the database is under it now, but events wait in the spool under \
                 older keys: keep those in the list until ringback_spool_records is 0 and nothing \
                 lies in spool/aside."
            }
            Spool::InUse => {
                "Everything in the database is under it now. A server has the spool open: keep \
                 older keys in the list until ringback_spool_records is 0 in every process and \
                 nothing lies in spool/aside."
            }
            Spool::OfEachReplica => {
                "Everything in the database is under it now. Each replica has a spool of its own: \
                 keep older keys in the list until ringback_spool_records is 0 in every process \
                 and nothing lies in spool/aside of any."
            }
        })
    }
}
