//! Who may enter, and whose data they may touch.
//!
//! A request that needs a caller passes the `door` before anything else of
//! it is looked at: its body, its path, whether there is such a route. What
//! it brings in `Authorization: Bearer` is one of three things:
//!
//! * the admin key that was set from outside, or an API key `rbk_…`
//!   (`api_key`, looked up by `key_ring`): only its SHA-256 is stored;
//! * a Firebase ID token, or a token of the configured OIDC issuer (`jwt`),
//!   whose signature is checked with the issuer's published keys (`jwks`).
//!
//! Either way a `Caller` comes out: an owner and a role. A handler takes
//! `Caller` or `Admin` as an argument, and gets an owner's data only by a
//! `Scope`, which nothing but a caller can make out of a request.
//!
//! Whoever is refused learns what to do about it, not which check failed; the
//! log and a counter say that (`refusal`). A fault of ours (no database, an
//! issuer whose keys cannot be fetched) is never told as a refusal.

pub mod api_key;
mod attempts;
mod caller;
mod credential;
mod door;
pub mod http;
mod jwks;
mod jwt;
mod key_ring;
mod refusal;
mod scope;
mod wire;

use actix_web::http::header::HeaderValue;

pub use caller::{Admin, Caller};
pub use credential::Credential;
pub use door::guard;
pub use scope::Scope;

use self::{
    attempts::Attempts,
    jwt::Tokens,
    key_ring::KeyRing,
    refusal::{NoEntry, Refusal},
};
use crate::{
    config::AccessConfig,
    error::Result,
    infra::{clock::Clock, db::Db, egress::Egress, peer::Peer},
};

/// More than any issuer's tokens, less than what is worth parsing unasked.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// Everything that recognises callers: one of these serves the process.
pub struct Access {
    keys: KeyRing,
    tokens: Tokens,
    attempts: Attempts,
    is_open: bool,
}

impl Access {
    pub fn new(config: &AccessConfig, clock: Clock, egress: Egress, db: Db) -> Self {
        Self {
            tokens: Tokens::new(config, &clock, &egress),
            attempts: Attempts::new(clock.clone()),
            keys: KeyRing::new(config.admin_key.as_ref(), clock, db),
            is_open: config.is_open,
        }
    }

    /// Recognises the caller by all the `Authorization` headers of a request,
    /// of which there must be exactly one. While the door stands open, none
    /// will do; one that is wrong is refused even then, so that its sender
    /// learns of it here and not in production.
    pub async fn authenticate<'h>(
        &self,
        authorization: impl IntoIterator<Item = &'h HeaderValue>,
    ) -> Result<Caller> {
        let mut authorization = authorization.into_iter().peekable();
        if self.is_open && authorization.peek().is_none() {
            return Ok(Caller::at_the_open_door());
        }
        let recognised = match door::bearer(authorization) {
            Ok(token) => self.recognise(token).await,
            Err(refusal) => Err(refusal.into()),
        };
        recognised.map_err(NoEntry::into_error)
    }

    /// Recognises somebody by what was typed into a form. Whoever fails too
    /// often is told to wait; whoever passes is never limited.
    pub async fn admit(&self, token: &str, peer: Peer) -> Result<Credential> {
        match self.credential(token).await {
            Ok(credential) => Ok(credential),
            Err(NoEntry::Failed(error)) => Err(error),
            Err(refused) => {
                self.attempts.failed(peer)?;
                Err(refused.into_error())
            }
        }
    }

    /// What whoever has nothing to show comes in with, while the door stands
    /// open.
    pub fn without_proof(&self) -> Option<Credential> {
        let caller = self.is_open.then(Caller::at_the_open_door)?;
        Some(Credential::of_caller(caller))
    }

    async fn credential(&self, token: &str) -> std::result::Result<Credential, NoEntry> {
        let caller = self.recognise(token).await?;
        Ok(match self.keys.find(token).await? {
            Some(_) => Credential::of_key(token),
            None => Credential::of_caller(caller),
        })
    }

    /// Who it is that was recognised before, if a key that they came with is
    /// still good.
    pub async fn recall(&self, credential: &Credential) -> Result<Caller> {
        match credential {
            Credential::Key(digest) => {
                let holder = self.keys.holder_of(digest).await;
                holder.map_err(NoEntry::into_error)
            }
            Credential::Token(caller) => Ok(caller.clone()),
        }
    }

    async fn recognise(&self, token: &str) -> std::result::Result<Caller, NoEntry> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Refusal::Oversized.into());
        }
        match self.keys.find(token).await? {
            Some(caller) => Ok(caller),
            None => self.tokens.verify(token).await,
        }
    }
}
