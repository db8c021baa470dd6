//! How often somebody may fail, and a session may speak.
//!
//! Failing is counted by peer, after a webhook was refused: a valid one is
//! never asked here and always passes. The rate of a session is meant for the
//! simple shapes alone, whose senders try again; what Vapi itself sends is
//! never limited, because nobody would send it again.
//!
//! Each process counts for itself: with several replicas the limits are by
//! replica, which is enough for what they are there to stop.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    config::Rate,
    error::{Code, Error},
    infra::{clock::Clock, debts::Debts, peer::Peer},
};

const FAILURES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(50).unwrap();
const KEYS_MAX: usize = 10_000;

/// The limits of one process.
pub struct Limits {
    clock: Clock,
    failures: Mutex<Debts>,
    sessions: Mutex<Debts>,
}

/// Too often: to be tried again after so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    pub secs: u64,
}

impl Limits {
    pub fn new(clock: Clock, session_rate: Rate) -> Self {
        let failure_rate = Rate {
            count: FAILURES_PER_MINUTE,
            per: Duration::from_secs(60),
        };
        Self {
            clock,
            failures: Mutex::new(Debts::new(failure_rate, KEYS_MAX)),
            sessions: Mutex::new(Debts::new(session_rate, KEYS_MAX)),
        }
    }

    /// Counts a webhook that was refused.
    pub fn failed_authentication(&self, peer: Peer) -> Result<(), RetryAfter> {
        self.charge(&self.failures, "failed_authentication", &peer.group())
    }

    /// Counts an event of a session.
    pub fn session_event(&self, session: &str) -> Result<(), RetryAfter> {
        self.charge(&self.sessions, "session", session)
    }

    fn charge(
        &self,
        debts: &Mutex<Debts>,
        limit: &'static str,
        key: &(impl Hash + ?Sized),
    ) -> Result<(), RetryAfter> {
        let mut debts = debts.lock().unwrap_or_else(PoisonError::into_inner);
        debts.charge(key, self.clock.millis()).map_err(|wait| {
            metrics::counter!("ringback_ingest_limited_total", "limit" => limit).increment(1);
            let secs = wait.as_nanos().div_ceil(1_000_000_000);
            RetryAfter {
                secs: u64::try_from(secs).unwrap_or(u64::MAX),
            }
        })
    }
}

impl From<RetryAfter> for Error {
    fn from(RetryAfter { secs }: RetryAfter) -> Self {
        Self::new(
            Code::RateLimited,
            format!("This comes too often: try again in {secs} s."),
        )
        .with_retry_after(secs)
    }
}

#[cfg(test)]
mod tests;
