//! What time it is, for everything that is stored or compared.
//!
//! On PostgreSQL several machines must agree, so the clock there is the
//! database's: the offset between the two is measured at each heartbeat and
//! added. In tests it is a clock that stands still until it is stepped, which
//! is why nothing else in the program may ask the operating system.
//! Durations within one process are measured with `Instant`, not with this.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, Utc};
use tokio::sync::watch;

/// A time as it is stored: milliseconds since 1970, in UTC.
pub type Millis = i64;

#[derive(Clone, Debug)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
enum Source {
    /// The operating system's time plus the database's offset.
    System { offset_millis: AtomicI64 },
    /// A time that only [`Clock::advance`] moves.
    Stepped(watch::Sender<Millis>),
}

impl Clock {
    pub fn system() -> Self {
        Self(Arc::new(Source::System {
            offset_millis: AtomicI64::new(0),
        }))
    }

    /// A clock that stands at `start` until it is advanced.
    pub fn stepped(start: DateTime<Utc>) -> Self {
        Self(Arc::new(Source::Stepped(watch::Sender::new(
            start.timestamp_millis(),
        ))))
    }

    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.millis()).unwrap_or_default()
    }

    pub fn millis(&self) -> Millis {
        match self.0.as_ref() {
            Source::System { offset_millis } => system_millis() + offset_millis.load(Relaxed),
            Source::Stepped(now) => *now.borrow(),
        }
    }

    /// Takes the database's time as the truth, where one was measured.
    pub fn follow(&self, database_millis: Millis) {
        if let Source::System { offset_millis } = self.0.as_ref() {
            offset_millis.store(database_millis - system_millis(), Relaxed);
        }
    }

    /// Moves a stepped clock on; a real one cannot be moved.
    pub fn advance(&self, by: Duration) {
        if let Source::Stepped(now) = self.0.as_ref() {
            now.send_modify(|millis| *millis += millis_of(by));
        }
    }

    /// Waits until `by` has passed on this clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that sleeps")]
    pub async fn sleep(&self, by: Duration) {
        match self.0.as_ref() {
            Source::System { .. } => tokio::time::sleep(by).await,
            Source::Stepped(now) => {
                let due = self.millis() + millis_of(by);
                // The sender lives in self, so waiting cannot fail.
                let _ = now.subscribe().wait_for(|millis| *millis >= due).await;
            }
        }
    }

    /// Waits until this clock shows a time.
    pub async fn sleep_until(&self, due: Millis) {
        while let Ok(left) = u64::try_from(due - self.millis())
            && left > 0
        {
            match self.0.as_ref() {
                Source::System { .. } => self.sleep(Duration::from_millis(left)).await,
                Source::Stepped(now) => {
                    let _ = now.subscribe().wait_for(|millis| *millis >= due).await;
                }
            }
        }
    }
}

/// A stored time as the API writes it.
pub fn rfc3339(millis: Millis) -> String {
    let time = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A duration in the unit that times are stored in.
pub fn millis_of(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX / 2)
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks")]
fn system_millis() -> Millis {
    Utc::now().timestamp_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stepped_clock_wakes_a_sleeper_exactly_when_it_is_due() {
        let clock = Clock::stepped(DateTime::UNIX_EPOCH);
        let sleep = clock.sleep(Duration::from_secs(5));
        tokio::pin!(sleep);
        assert!(futures_util::poll!(&mut sleep).is_pending());
        clock.advance(Duration::from_millis(4_999));
        assert!(futures_util::poll!(&mut sleep).is_pending());
        clock.advance(Duration::from_millis(1));
        sleep.await;
        assert_eq!(clock.millis(), 5_000);
    }

    #[test]
    fn a_real_clock_follows_the_database() {
        let clock = Clock::system();
        clock.follow(system_millis() + 600_000);
        assert!(clock.millis() - system_millis() >= 599_000);
    }
}
