//! Which delivery the next probe is, where somebody has asked for one.
//!
//! While a receiver fails, the oldest that it is owed is what it is asked with. Where that is what
//! it stumbles over, somebody who names another one has to be heard.

use crate::change::Change;
use crate::sql::both;

pub fn change() -> Change {
    Change {
        name: "m0020_next_probe",
        up: vec![both("ALTER TABLE lanes ADD COLUMN next_probe_id {uuid}")],
        down: vec![both("ALTER TABLE lanes DROP COLUMN next_probe_id")],
    }
}
