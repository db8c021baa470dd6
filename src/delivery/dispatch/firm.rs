//! Up to which place the log is firm: nothing that comes before can be committed any more.
//!
//! An event draws its place before it is committed, so a younger one may be there first. What was
//! the end of the log at some time is firm when all transactions that ran then have ended. Some
//! time is left beside: between drawing a place and being known as one that runs a transaction
//! does nothing else, but it may be held up there.

use std::collections::VecDeque;

use crate::delivery::queue::own::LogEnd;

/// While a transaction that writes does not end, there is no need to know of more.
const ENDS_MAX: usize = 16;

#[derive(Debug)]
pub(super) struct Firm {
    up_to: i64,
    /// How many ends what is firm is older than the newest.
    age: usize,
    ends: VecDeque<LogEnd>,
}

impl Firm {
    pub fn of_age(age: usize) -> Self {
        Self {
            up_to: 0,
            age,
            ends: VecDeque::new(),
        }
    }

    pub fn up_to(&self) -> i64 {
        self.up_to
    }

    pub fn is_heard(&mut self, newest: LogEnd) {
        let has_ended = |end: &LogEnd| end.not_begun <= newest.oldest_running;
        while self.ends.len() >= self.age && self.ends.front().is_some_and(has_ended) {
            let end = self.ends.pop_front().unwrap_or_default();
            self.up_to = self.up_to.max(end.position);
        }
        if self.ends.len() < ENDS_MAX {
            self.ends.push_back(newest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(position: i64, oldest_running: i64, not_begun: i64) -> LogEnd {
        LogEnd {
            position,
            oldest_running,
            not_begun,
        }
    }

    fn after(ends: &[LogEnd]) -> Vec<i64> {
        let mut firm = Firm::of_age(2);
        let up_to = |end: &LogEnd| {
            firm.is_heard(*end);
            firm.up_to()
        };
        ends.iter().map(up_to).collect()
    }

    #[test]
    fn the_end_of_the_log_is_firm_some_time_later() {
        let ends: Vec<_> = (1..=5).map(|n| end(n * 100, 0, 0)).collect();
        assert_eq!(after(&ends), [0, 0, 100, 200, 300]);
    }

    #[test]
    fn it_is_not_as_long_as_a_transaction_of_then_is_running() {
        let mut ends: Vec<_> = (1..=40).map(|n| end(n * 100, 7, 8 + n)).collect();
        assert!(after(&ends).iter().all(|up_to| *up_to == 0));
        ends.push(end(4_100, 49, 49));
        let up_to = after(&ends).pop();
        assert_eq!(
            up_to,
            Some(1_500),
            "the last of the sixteen that are remembered is too young"
        );
    }
}
