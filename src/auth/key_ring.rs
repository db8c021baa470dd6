//! Which API keys are good, as the database said a moment ago.
//!
//! Every request of a key holder would be a query, so an answer is used for
//! two seconds. That is how long a revocation takes at most, also one that
//! another replica or the command line has made: nobody has to be told. Only
//! good keys are remembered, so nobody can fill the memory by guessing.

use entity::api_keys::Role;
use moka::sync::Cache;
use subtle::ConstantTimeEq;

use super::{
    Caller,
    api_key::{self, KeyDigest},
    refusal::{NoEntry, Refusal},
};
use crate::{
    config::Secret,
    infra::{
        clock::{Clock, Millis},
        db::Db,
    },
};

const REMEMBERED_MAX: u64 = 10_000;
const REMEMBERED_MILLIS: Millis = 2_000;
/// Whose key `RINGBACK_ADMIN_KEY` is.
const ADMIN_OWNER: &str = "admin";

pub(super) struct KeyRing {
    admin_key: Option<KeyDigest>,
    remembered: Cache<KeyDigest, Remembered>,
    clock: Clock,
    db: Db,
}

#[derive(Clone)]
struct Remembered {
    caller: Caller,
    asked_at: Millis,
}

impl KeyRing {
    pub fn new(admin_key: Option<&Secret>, clock: Clock, db: Db) -> Self {
        Self {
            admin_key: admin_key.map(|key| api_key::digest_of(key.expose())),
            remembered: Cache::new(REMEMBERED_MAX),
            clock,
            db,
        }
    }

    /// Whose key it is; `None` where it is no key at all.
    pub async fn find(&self, key: &str) -> Result<Option<Caller>, NoEntry> {
        let digest = api_key::digest_of(key);
        if !self.is_admin_key(&digest) {
            if !api_key::has_prefix(key) {
                return Ok(None);
            }
            if !api_key::is_well_formed(key) {
                return Err(Refusal::Malformed.into());
            }
        }
        self.holder_of(&digest).await.map(Some)
    }

    /// Whose key it is that has this digest, as long as it is good.
    pub async fn holder_of(&self, digest: &KeyDigest) -> Result<Caller, NoEntry> {
        match self.is_admin_key(digest) {
            true => Ok(Caller::new(ADMIN_OWNER, Role::Admin)),
            false => self.holder_as_stored(*digest).await,
        }
    }

    /// Compared by digest and in constant time: the time that a wrong key
    /// takes says nothing about the right one.
    fn is_admin_key(&self, digest: &KeyDigest) -> bool {
        let same = |admin_key: &KeyDigest| bool::from(admin_key.ct_eq(digest));
        self.admin_key.as_ref().is_some_and(same)
    }

    async fn holder_as_stored(&self, digest: KeyDigest) -> Result<Caller, NoEntry> {
        // Taken before the question, so that the answer is never held longer
        // than promised.
        let asked_at = self.clock.millis();
        let recent = |known: &Remembered| asked_at < known.asked_at + REMEMBERED_MILLIS;
        if let Some(known) = self.remembered.get(&digest).filter(recent) {
            return Ok(known.caller);
        }
        self.remembered.invalidate(&digest);
        let key = api_key::find_by_digest(self.db.read(), &digest).await?;
        let key = key.ok_or(Refusal::UnknownApiKey)?;
        if key.revoked_at.is_some() {
            return Err(Refusal::RevokedApiKey.into());
        }
        let caller = Caller::new(key.owner, key.role);
        self.remembered.insert(
            digest,
            Remembered {
                caller: caller.clone(),
                asked_at,
            },
        );
        Ok(caller)
    }
}
