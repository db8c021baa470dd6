//! The index of all attempts by event goes, now that replays have theirs.
//!
//! PostgreSQL drops an index while nobody uses its table, and who waits for that may have to come
//! again. So it is a change of its own: the other index is not made in vain each time, and nobody who
//! reads waits until it is made.

use crate::change::Change;
use crate::sql::both;

pub fn change() -> Change {
    Change {
        name: "m0019_not_all_by_event",
        // Where replays got theirs while both were one change, it has gone already.
        up: vec![both("DROP INDEX IF EXISTS delivery_attempts_by_event")],
        down: vec![both(
            "CREATE INDEX delivery_attempts_by_event ON delivery_attempts (event_id)",
        )],
    }
}
