//! How often something old was queued on a lane once more: a replay, a delivery that is sent again.
//!
//! Whoever owns a lane remembers where what was never tried begins, and does not look at what is
//! before. This says that it has to.

use crate::change::Change;
use crate::sql::both;

pub fn change() -> Change {
    Change {
        name: "m0017_rewound",
        up: vec![both(
            "ALTER TABLE lanes ADD COLUMN rewound {bigint} NOT NULL DEFAULT 0",
        )],
        down: vec![both("ALTER TABLE lanes DROP COLUMN rewound")],
    }
}
