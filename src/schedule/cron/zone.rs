//! What a clock on a wall shows, and when.

use chrono::{
    DateTime, FixedOffset, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

/// Clocks that are moved are not moved again before the next day.
const STEP: TimeDelta = TimeDelta::days(1);

#[derive(Clone, Copy, Debug)]
pub(super) struct Zone(pub Tz);

impl Zone {
    /// How far the clock is ahead of UTC.
    pub fn offset(self, at: DateTime<Utc>) -> FixedOffset {
        self.0.offset_from_utc_datetime(&at.naive_utc()).fix()
    }

    pub fn face(self, at: DateTime<Utc>) -> NaiveDateTime {
        at.naive_utc() + self.offset(at)
    }

    /// The first moment at which the clock shows this, or has been moved past it.
    pub fn first_at_or_past(self, face: NaiveDateTime) -> DateTime<Utc> {
        match self.0.from_local_datetime(&face) {
            MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => at.to_utc(),
            MappedLocalTime::None => {
                // No clock is further from UTC than this, and one that skips a time is moved then.
                let (before, after) = (face.and_utc() - STEP * 2, face.and_utc() + STEP * 2);
                self.change_between(before, after).unwrap_or(after)
            }
        }
    }

    /// The first moment in `(after, until]` at which the clock has been moved.
    pub fn change_between(
        self,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let mut before = after;
        while before < until {
            let next = (before + STEP).min(until);
            if self.offset(next) != self.offset(before) {
                return Some(self.moved_between(before, next));
            }
            before = next;
        }
        None
    }

    /// Halves the time in which it is moved until one second is left.
    fn moved_between(self, mut before: DateTime<Utc>, mut after: DateTime<Utc>) -> DateTime<Utc> {
        let offset = self.offset(before);
        while after - before > TimeDelta::seconds(1) {
            let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
            if self.offset(middle) == offset {
                before = middle;
            } else {
                after = middle;
            }
        }
        after
    }
}
