//! Which pooled connections are still believed in.
//!
//! After a failover the server that took our writes may go on as one that only reads, and keep our
//! connections: each of them would be refused for ever, though whoever connects anew reaches the
//! right one. So when a write is refused for that, every connection that was made before is closed
//! when it would be lent next. So it is, too, when one of them turns out to be broken off: a server
//! that was started again has broken off all of them, and a read, which is not tried twice, would
//! find that out with each.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// It is said once.
const ONCE_IN: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, Default)]
pub(super) struct Trust(Arc<Mutex<Option<Instant>>>);

impl Trust {
    /// None that there is now is believed in any more.
    pub fn lose(&self, why: &str) {
        let now = Some(Instant::now());
        let before = std::mem::replace(&mut *self.lost(), now);
        // Who was lent one of them before this finds out by itself.
        if before.is_some_and(|before| before.elapsed() < ONCE_IN) {
            return;
        }
        tracing::warn!(why, "the connections to the database are made anew");
    }

    /// Whether one of this age is.
    pub fn covers(&self, age: Duration) -> bool {
        self.lost().is_none_or(|lost| age < lost.elapsed())
    }

    fn lost(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_the_loss_is_believed_no_more_and_what_is_younger_is() {
        let trust = Trust::default();
        assert!(trust.covers(Duration::MAX));
        trust.lose("somebody says so");
        assert!(!trust.covers(Duration::from_secs(1)));
        assert!(trust.covers(Duration::ZERO));
    }
}
