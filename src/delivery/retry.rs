//! When a delivery is tried again.
//!
//! A schedule of waits, each counted from the failure before and spread a
//! little, so that what failed together does not come back together. A receiver
//! may ask for more time, never for less. A probe through an open breaker uses
//! nothing of the schedule, and neither does a receiver that says it is gone:
//! the delivery waits for what becomes of its subscription.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::infra::clock::{Millis, millis_of};

/// How much earlier or later than scheduled, as a share of the wait.
const SPREAD: f64 = 0.2;
/// A receiver that asks for more than this gets this.
const ASKED_WAIT_MAX: Duration = Duration::from_secs(10 * 3_600);

/// What becomes of a delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is delivered.
    Done,
    Again {
        due_at: Millis,
        /// How much of the schedule is used then.
        steps: u32,
        /// The time is the receiver's wish.
        asked_to_wait: bool,
    },
    /// The schedule is used up.
    End,
}

/// A failure, as far as the next attempt goes.
#[derive(Clone, Copy, Debug)]
pub struct Failed {
    pub at: Millis,
    /// How much of the schedule was used before.
    pub steps: u32,
    /// When it was due this time.
    pub due_at: Millis,
    /// It was a probe, or the receiver is gone: nothing of the schedule is used.
    pub is_free: bool,
    /// How long the receiver asked to be left alone.
    pub asked: Option<Duration>,
}

/// `chance` is a number from 0 to 1.
pub fn next(schedule: &[Duration], failed: &Failed, chance: f64) -> Next {
    let step = usize::try_from(failed.steps).unwrap_or(usize::MAX);
    let (due_at, steps) = match schedule.get(step) {
        _ if failed.is_free => (failed.due_at, failed.steps),
        Some(wait) => (failed.at + spread(*wait, chance), failed.steps + 1),
        None => return Next::End,
    };
    let asked = failed.asked.unwrap_or_default().min(ASKED_WAIT_MAX);
    let not_before = failed.at + millis_of(asked);
    let asked_to_wait = failed.asked.is_some() && not_before > due_at;
    Next::Again {
        due_at: if asked_to_wait { not_before } else { due_at },
        steps,
        asked_to_wait,
    }
}

fn spread(wait: Duration, chance: f64) -> Millis {
    let factor = 1.0 + SPREAD * (2.0 * chance - 1.0);
    millis_of(wait.mul_f64(factor))
}

/// What `Retry-After` says: seconds, or a date.
pub fn asked_wait(retry_after: &str, now: DateTime<Utc>) -> Option<Duration> {
    let text = retry_after.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(ASKED_WAIT_MAX));
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    let wait = until.signed_duration_since(now);
    Some(wait.to_std().unwrap_or_default().min(ASKED_WAIT_MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SCHEDULE: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(300)];
    const FAILED: Failed = Failed {
        at: 1_000_000,
        steps: 0,
        due_at: 900_000,
        is_free: false,
        asked: None,
    };
    const EVENLY: f64 = 0.5;

    fn again(next: Next) -> (Millis, u32, bool) {
        match next {
            Next::Again {
                due_at,
                steps,
                asked_to_wait,
            } => (due_at, steps, asked_to_wait),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_schedule_is_walked_to_its_end() {
        assert_eq!(
            again(next(&SCHEDULE, &FAILED, EVENLY)),
            (1_005_000, 1, false)
        );
        let second = Failed { steps: 1, ..FAILED };
        assert_eq!(
            again(next(&SCHEDULE, &second, EVENLY)),
            (1_300_000, 2, false)
        );
        let third = Failed { steps: 2, ..FAILED };
        assert_eq!(next(&SCHEDULE, &third, EVENLY), Next::End);
    }

    #[test]
    fn what_the_receiver_asks_for_is_a_floor_and_has_a_ceiling() {
        let asking = |seconds| Failed {
            asked: Some(Duration::from_secs(seconds)),
            ..FAILED
        };
        let due = |seconds| again(next(&SCHEDULE, &asking(seconds), EVENLY));
        assert_eq!(due(1), (1_005_000, 1, false));
        assert_eq!(due(60), (1_060_000, 1, true));
        assert_eq!(due(1_000_000), (1_000_000 + 36_000_000, 1, true));
    }

    #[test]
    fn a_probe_uses_nothing_and_stays_due_unless_it_was_asked_to_wait() {
        let used_up = Failed {
            is_free: true,
            steps: 2,
            ..FAILED
        };
        assert_eq!(
            again(next(&SCHEDULE, &used_up, EVENLY)),
            (900_000, 2, false)
        );
        let asked = Failed {
            asked: Some(Duration::from_secs(60)),
            ..used_up
        };
        assert_eq!(again(next(&SCHEDULE, &asked, EVENLY)), (1_060_000, 2, true));
    }

    #[test]
    fn seconds_and_dates_are_understood_and_nothing_else() {
        let now = "2026-01-05T09:00:00Z".parse().unwrap();
        let asked = |text| asked_wait(text, now).map(|wait| wait.as_secs());
        assert_eq!(asked(" 120 "), Some(120));
        assert_eq!(asked("Mon, 05 Jan 2026 09:01:00 GMT"), Some(60));
        assert_eq!(asked("Mon, 05 Jan 2026 08:00:00 GMT"), Some(0));
        assert_eq!(asked("99999999999999"), Some(36_000));
        for nonsense in ["", "-1", "1.5", "soon", "99999999999999999999999"] {
            assert_eq!(asked(nonsense), None, "{nonsense:?}");
        }
    }

    proptest! {
        #[test]
        fn no_wait_is_off_by_more_than_a_fifth(chance in 0.0..=1.0, step in 0..2_u32) {
            let failed = Failed { steps: step, ..FAILED };
            let (due_at, ..) = again(next(&SCHEDULE, &failed, chance));
            let wait = millis_of(SCHEDULE[step as usize]);
            prop_assert!((due_at - failed.at - wait).abs() <= wait / 5 + 1);
        }
    }
}
