//! The public keys of an issuer, fetched when needed and remembered.
//!
//! Keys are fresh for as long as their address says (between a minute and a
//! day). When they no longer are, or a token names a key that is not among
//! them, the address is asked again: by one request at a time, while the
//! others wait for its answer, or go on with what was fresh a moment ago.
//! Strangers can make tokens that name any key, so unknown ones are worth one
//! question a minute. While the address fails it is asked less and less, and
//! the keys of before serve for a day more ([`memory`] decides all of this).
//!
//! The question runs in a task of its own: a client that hangs up takes
//! nothing with it.

mod address;
mod key;
mod memory;

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use tracing::Instrument;

pub(super) use address::Address;
pub(super) use key::{Key, Wanted};

use self::memory::Memory;
use crate::{
    error::{Code, Error, Result},
    infra::{clock::Clock, egress::Egress},
};

pub(super) struct Jwks {
    address: Address,
    clock: Clock,
    egress: Egress,
    /// A cell that is read without waiting while its next value is fetched.
    memory: watch::Sender<Memory>,
    /// Held by who asks the address.
    turn: Arc<Mutex<()>>,
}

impl Jwks {
    pub fn new(address: Address, clock: Clock, egress: Egress) -> Self {
        Self {
            address,
            clock,
            egress,
            memory: watch::Sender::default(),
            turn: Arc::default(),
        }
    }

    /// The key that a token asks for; `None` if the issuer has no such key,
    /// an error if that cannot be known just now.
    pub async fn find(self: &Arc<Self>, wanted: Wanted<'_>) -> Result<Option<Arc<Key>>> {
        let known = self.known(wanted);
        if known.is_some() && self.is_fresh() {
            return Ok(known);
        }
        let turn = match known {
            // Somebody asks already, and this key was good until just now.
            Some(_) => Arc::clone(&self.turn).try_lock_owned().ok(),
            None => Some(Arc::clone(&self.turn).lock_owned().await),
        };
        if let Some(turn) = turn {
            self.ask_if_due(turn).await;
        }
        match self.known(wanted) {
            Some(key) => Ok(Some(key)),
            None if self.memory.borrow().is_reliable(self.clock.millis()) => Ok(None),
            None => Err(Error::new(
                Code::Unready,
                "The keys of the token's issuer cannot be fetched just now, so the token cannot be checked: try again soon.",
            )),
        }
    }

    fn known(&self, wanted: Wanted<'_>) -> Option<Arc<Key>> {
        self.memory.borrow().find(wanted, self.clock.millis())
    }

    fn is_fresh(&self) -> bool {
        self.memory.borrow().is_fresh(self.clock.millis())
    }

    /// Whoever had the turn before may have asked on our behalf.
    async fn ask_if_due(self: &Arc<Self>, turn: OwnedMutexGuard<()>) {
        if !self.memory.borrow().may_ask(self.clock.millis()) {
            return;
        }
        let this = Arc::clone(self);
        let asked = async move {
            this.ask().await;
            drop(turn);
        };
        // Should it panic, then the memory is as it was.
        let _ = tokio::spawn(asked.in_current_span()).await;
    }

    async fn ask(&self) {
        let answer = self.address.fetch(&self.egress).await;
        let now = self.clock.millis();
        match answer {
            Ok(fetched) => {
                metrics::counter!("ringback_jwks_fetches_total", "outcome" => "ok").increment(1);
                self.memory.send_modify(|memory| memory.learn(fetched, now));
            }
            Err(error) => {
                metrics::counter!("ringback_jwks_fetches_total", "outcome" => "failed")
                    .increment(1);
                tracing::warn!(
                    error = format!("{error:#}"), address = %self.address,
                    "the keys of a token issuer cannot be fetched",
                );
                self.memory.send_modify(|memory| memory.note_failure(now));
            }
        }
    }
}
