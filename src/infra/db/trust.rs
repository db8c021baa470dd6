//! Which pooled connections are still believed in.
//!
//! After a failover the server that took our writes may go on as one that only reads, and keep our
//! connections: each of them would be refused for ever, though whoever connects anew reaches the
//! right one. So when a write is refused for that, every connection that was made before is closed
//! when it would be lent next.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

#[derive(Clone, Debug, Default)]
pub(super) struct Trust(Arc<Mutex<Option<Instant>>>);

impl Trust {
    /// None that there is now is believed in any more.
    pub fn lose(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        tracing::warn!("the database only reads: its connections are made anew");
    }

    /// Whether one of this age is.
    pub fn covers(&self, age: Duration) -> bool {
        let lost = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lost.is_none_or(|lost| age < lost.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_the_loss_is_believed_no_more_and_what_is_younger_is() {
        let trust = Trust::default();
        assert!(trust.covers(Duration::MAX));
        trust.lose();
        assert!(!trust.covers(Duration::from_secs(1)));
        assert!(trust.covers(Duration::ZERO));
    }
}
