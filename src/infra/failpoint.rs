//! Named places at which a test lets the process die.
//!
//! What survives a crash is known of those moments alone at which one was tried, and the moments that
//! matter are short: between a commit and the answer, between a write and its fsync. So each has a
//! name here, and `RINGBACK_FAILPOINT=name:nth` ends the process, with nothing flushed and nothing
//! dropped, when it passes there for the nth time. A release build has none of this: it does not
//! read the setting, and passing costs nothing.

/// Every place, in the order in which an event comes by.
pub const POINTS: [&str; 18] = [
    "record.half-way",
    "record.before-commit",
    "record.after-commit",
    "record.answered",
    "lanes.before-commit",
    "lanes.after-commit",
    "send.before",
    "send.answered",
    "settle.before-commit",
    "settle.after-commit",
    "spool.before-write",
    "spool.before-fsync",
    "spool.after-fsync",
    "drain.recorded",
    "place.before-ask",
    "place.answered",
    "place.before-commit",
    "place.after-commit",
];

#[cfg(debug_assertions)]
pub use armed::{arm, pass};

#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn pass(_point: &'static str) {}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering::SeqCst},
    };

    use anyhow::{Context, ensure};

    use super::POINTS;

    static ARMED: OnceLock<Armed> = OnceLock::new();

    struct Armed {
        point: String,
        passes_left: AtomicU32,
    }

    /// From now on the process dies at this place: `name`, or `name:nth`.
    pub fn arm(wanted: &str) -> anyhow::Result<()> {
        let (point, nth) = wanted.split_once(':').unwrap_or((wanted, "1"));
        let nth = nth.parse().ok().filter(|nth| *nth > 0);
        let nth = nth.context("RINGBACK_FAILPOINT: after the colon stands a number from 1 on")?;
        ensure!(
            POINTS.contains(&point),
            "RINGBACK_FAILPOINT: there is no {point}, only {POINTS:?}"
        );
        ARMED.get_or_init(|| Armed {
            point: point.to_owned(),
            passes_left: AtomicU32::new(nth),
        });
        Ok(())
    }

    /// Goes on, or ends the process here and now.
    pub fn pass(point: &'static str) {
        debug_assert!(POINTS.contains(&point), "{point} is not in the list");
        let armed = ARMED.get().filter(|armed| armed.point == point);
        if armed.is_some_and(|armed| armed.passes_left.fetch_sub(1, SeqCst) == 1) {
            tracing::error!(point, "the failpoint is reached");
            std::process::abort();
        }
    }
}
