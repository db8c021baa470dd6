//! After a receiver was held back: what waited goes to it in order, one, two,
//! four at a time, and new events beside it.
//!
//! The *backlog* is what was queued when the lane was let go again, and behind
//! it every later event of a call that was known by then, so that a call's
//! events do not overtake each other. The events of newer calls need not wait.

use crate::infra::clock::Millis;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Drain {
    /// Where the backlog ends; not known before the queue was looked at.
    pub end: Option<BacklogEnd>,
    window: u32,
    /// Successes since the window last grew.
    well: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BacklogEnd {
    /// The newest that was queued.
    pub position: i64,
    /// Calls that were heard of later are not held up.
    pub since: Millis,
}

impl Drain {
    pub fn begin() -> Self {
        Self {
            end: None,
            window: 1,
            well: 0,
        }
    }

    /// How much of the backlog may be under way.
    pub fn window(&self, most: u32) -> u32 {
        self.window.min(most)
    }

    pub fn went_well(&mut self) {
        self.well += 1;
        if self.well >= self.window {
            self.window = self.window.saturating_mul(2);
            self.well = 0;
        }
    }

    pub fn went_wrong(&mut self) {
        self.window = (self.window / 2).max(1);
        self.well = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_full_window_of_successes_doubles_it() {
        let mut drain = Drain::begin();
        let mut windows = Vec::new();
        for _ in 0..8 {
            windows.push(drain.window(4));
            drain.went_well();
        }
        assert_eq!(windows, [1, 2, 2, 4, 4, 4, 4, 4]);
    }

    #[test]
    fn a_failure_halves_it() {
        let mut drain = Drain::begin();
        (0..7).for_each(|_| drain.went_well());
        assert_eq!(drain.window(100), 8);
        drain.went_wrong();
        assert_eq!(drain.window(100), 4);
    }
}
