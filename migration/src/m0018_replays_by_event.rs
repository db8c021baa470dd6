//! Attempts are found by their event where they are at replays, and only those stand in an index for
//! it.
//!
//! A delivery's id follows from its event, and begins with the same six bytes, which are the time: so
//! attempts at it are found by their delivery. A replay has an id of its own time. There are few of
//! them, and each entry of an index is a tenth of what a delivery writes. So the index of all attempts
//! goes with the next change.

use crate::change::Change;
use crate::sql::{both, postgres, sqlite};

pub fn change() -> Change {
    Change {
        name: "m0018_replays_by_event",
        up: vec![
            postgres(
                "CREATE INDEX delivery_attempts_at_replays ON delivery_attempts (event_id)
                 WHERE substr(uuid_send(delivery_id), 1, 6) <> substr(uuid_send(event_id), 1, 6)",
            ),
            sqlite(
                "CREATE INDEX delivery_attempts_at_replays ON delivery_attempts (event_id)
                 WHERE substr(delivery_id, 1, 6) <> substr(event_id, 1, 6)",
            ),
        ],
        down: vec![both("DROP INDEX delivery_attempts_at_replays")],
    }
}
