//! Running processes, each a row that it keeps alive.
//!
//! A process whose `expires_at` has passed is dead to the others: its lanes are adopted. That one
//! time is judged by the database's own clock.

use crate::change::Change;
use crate::sql::{both, postgres};

pub fn change() -> Change {
    Change {
        name: "m0001_instances",
        up: vec![
            both(
                "CREATE TABLE instances (
                    id {uuid} PRIMARY KEY,
                    name TEXT NOT NULL,
                    version TEXT NOT NULL,
                    started_at {bigint} NOT NULL,
                    expires_at {bigint} NOT NULL
                ) {table}",
            ),
            // A heartbeat changes no indexed column. With half of each page free it finds room
            // beside the row it replaces, so the table neither grows nor needs its index touched.
            postgres("ALTER TABLE instances SET (fillfactor = 50)"),
        ],
        down: vec![both("DROP TABLE instances")],
    }
}
