//! Whose result was dismissed lately: every replica asks once a second, so that none gives what
//! another one has dismissed.

use crate::change::Change;
use crate::sql::both;

pub fn change() -> Change {
    Change {
        name: "m0010_dismissals",
        up: vec![both(
            "CREATE INDEX calls_dismissed ON calls (result_dismissed_at)
             WHERE result_dismissed_at IS NOT NULL",
        )],
        down: vec![both("DROP INDEX calls_dismissed")],
    }
}
