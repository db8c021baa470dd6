//! How often somebody may fail to log in.
//!
//! Guessing a key is hopeless, but each guess costs us a look into the
//! database, and a log full of them hides what matters. Each process counts
//! for itself, which is enough for that.

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::Result;
use crate::{
    config::Rate,
    error::{Code, Error},
    infra::{clock::Clock, debts::Debts, peer::Peer},
};

const FAILURES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(20).unwrap();
const PEERS_MAX: usize = 10_000;

/// The failures of one process, by peer.
pub(super) struct Attempts {
    clock: Clock,
    failures: Mutex<Debts>,
}

impl Attempts {
    pub fn new(clock: Clock) -> Self {
        let rate = Rate {
            count: FAILURES_PER_MINUTE,
            per: Duration::from_secs(60),
        };
        Self {
            clock,
            failures: Mutex::new(Debts::new(rate, PEERS_MAX)),
        }
    }

    /// Counts a failure, or says when the next try may be.
    pub fn failed(&self, peer: Peer) -> Result<()> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let charged = failures.charge(&peer.group(), self.clock.millis());
        charged.map_err(|wait| {
            let secs = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let message = format!("Too many tries to log in from here: try again in {secs} s.");
            Error::new(Code::RateLimited, message).with_retry_after(secs)
        })
    }
}
