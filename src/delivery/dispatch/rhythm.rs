//! When results that have gathered are written.
//!
//! They wait for each other, but not for long. A lone one is written at once, as
//! nothing is under way that it could wait for; though not where others were
//! written a moment ago: of a flow of lone ones each would be a transaction of its
//! own, and in the way of the events that come meanwhile. Where somebody waits
//! until all is done, none of them waits.

use std::time::Duration;

use tokio::time::Instant;

/// From the first result of a batch until it is written, at most.
const GATHER: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
pub(super) struct Rhythm {
    /// When the first came of those that wait.
    since: Option<Instant>,
    /// When the last ones were written.
    last: Option<Instant>,
}

/// What else there is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside {
    /// Something is under way, and will have a result.
    pub is_more_to_come: bool,
    /// Somebody waits until all is done.
    pub is_awaited: bool,
}

impl Rhythm {
    pub fn came(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    pub fn at_the_latest(&self) -> Option<Instant> {
        self.since.map(|since| since + GATHER)
    }

    pub fn is_time(&self, now: Instant, beside: Beside) -> bool {
        let is_rested = self.last.is_none_or(|last| last + GATHER <= now);
        let is_lone = !beside.is_more_to_come && (is_rested || beside.is_awaited);
        let at_the_latest = self.at_the_latest();
        at_the_latest.is_some_and(|at| is_lone || at <= now)
    }

    /// Those that waited are being written, but for some where there were too many.
    pub fn are_written(&mut self, now: Instant, but_for_some: bool) {
        self.last = Some(now);
        self.since = but_for_some.then_some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONE: Beside = Beside {
        is_more_to_come: false,
        is_awaited: false,
    };
    const AMONG_OTHERS: Beside = Beside {
        is_more_to_come: true,
        is_awaited: false,
    };
    const AWAITED: Beside = Beside {
        is_more_to_come: false,
        is_awaited: true,
    };
    const SOON: Duration = Duration::from_millis(5);

    #[test]
    fn where_nothing_has_come_nothing_is_written() {
        let now = Instant::now();
        for beside in [LONE, AMONG_OTHERS, AWAITED] {
            assert!(!Rhythm::default().is_time(now, beside));
        }
    }

    #[test]
    fn a_lone_one_is_written_at_once() {
        let (mut rhythm, now) = (Rhythm::default(), Instant::now());
        rhythm.came(now);
        assert!(rhythm.is_time(now, LONE));
    }

    #[test]
    fn while_others_are_under_way_it_waits_for_them_but_not_for_long() {
        let (mut rhythm, now) = (Rhythm::default(), Instant::now());
        rhythm.came(now);
        rhythm.came(now + SOON);
        assert!(!rhythm.is_time(now + SOON, AMONG_OTHERS));
        assert!(rhythm.is_time(now + GATHER, AMONG_OTHERS));
    }

    #[test]
    fn lone_ones_in_a_flow_are_written_together() {
        let (mut rhythm, now) = (Rhythm::default(), Instant::now());
        rhythm.came(now);
        rhythm.are_written(now, false);
        rhythm.came(now + SOON);
        rhythm.came(now + SOON * 2);
        assert!(!rhythm.is_time(now + SOON * 2, LONE));
        assert!(rhythm.is_time(now + GATHER, LONE));
    }

    #[test]
    fn after_a_rest_a_lone_one_is_written_at_once_again() {
        let (mut rhythm, now) = (Rhythm::default(), Instant::now());
        rhythm.came(now);
        rhythm.are_written(now, false);
        let later = now + GATHER * 2;
        rhythm.came(later);
        assert!(rhythm.is_time(later, LONE));
    }

    #[test]
    fn nobody_who_waits_until_all_is_done_waits_for_a_rest() {
        let (mut rhythm, now) = (Rhythm::default(), Instant::now());
        rhythm.came(now);
        rhythm.are_written(now, false);
        rhythm.came(now + SOON);
        assert!(rhythm.is_time(now + SOON, AWAITED));
    }

    #[test]
    fn those_that_were_too_many_wait_from_then_on() {
        let (mut rhythm, now) = (Rhythm::default(), Instant::now());
        rhythm.came(now);
        rhythm.are_written(now + SOON, true);
        assert_eq!(rhythm.at_the_latest(), Some(now + SOON + GATHER));
    }
}
