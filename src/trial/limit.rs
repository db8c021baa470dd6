//! How often a caller may try. Each trial is a request to an address of the
//! caller's choice, and nobody shall knock on a stranger's door with us.

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    auth::Caller,
    config::Rate,
    error::{Code, Error, Result},
    infra::{clock::Clock, debts::Debts},
};

const TRIALS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(60).unwrap();
const CALLERS_MAX: usize = 10_000;

/// The trials of one process, by caller.
pub struct Limit {
    clock: Clock,
    debts: Mutex<Debts>,
}

impl Limit {
    pub fn new(clock: Clock) -> Self {
        let rate = Rate {
            count: TRIALS_PER_MINUTE,
            per: Duration::from_secs(60),
        };
        Self {
            clock,
            debts: Mutex::new(Debts::new(rate, CALLERS_MAX)),
        }
    }

    /// Counts a trial, or says when the next one may be.
    pub fn charge(&self, caller: &Caller) -> Result<()> {
        let mut debts = self.debts.lock().unwrap_or_else(PoisonError::into_inner);
        let charged = debts.charge(&caller.principal(), self.clock.millis());
        charged.map_err(|wait| {
            let secs = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let message =
                format!("{TRIALS_PER_MINUTE} trials a minute are the most: try again in {secs} s.");
            Error::new(Code::RateLimited, message).with_retry_after(secs)
        })
    }
}
