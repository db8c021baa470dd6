//! How fast a receiver answers, so that slow ones cannot take every slot.

use std::{collections::VecDeque, time::Duration};

const RECENT_MAX: usize = 16;
/// From here on a receiver is slow.
pub const SLOW: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub(super) struct Pace {
    recent: VecDeque<Duration>,
}

impl Pace {
    pub fn note(&mut self, took: Duration) {
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(took);
    }

    /// Half of the recent answers took long.
    pub fn is_slow(&self) -> bool {
        let slow = self.recent.iter().filter(|took| **took > SLOW).count();
        slow * 2 > self.recent.len()
    }

    /// Nobody knows yet.
    pub fn is_unknown(&self) -> bool {
        self.recent.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_recent_answers_decides() {
        let mut pace = Pace::default();
        assert!(pace.is_unknown() && !pace.is_slow());
        pace.note(Duration::from_secs(6));
        assert!(pace.is_slow());
        pace.note(Duration::from_secs(1));
        assert!(!pace.is_slow());
        for _ in 0..RECENT_MAX {
            pace.note(Duration::from_secs(6));
        }
        assert!(pace.is_slow());
        for _ in 0..=RECENT_MAX / 2 {
            pace.note(Duration::from_millis(1));
        }
        assert!(!pace.is_slow());
    }
}
