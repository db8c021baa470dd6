//! What Vapi is asked about calls that it has stopped talking of.
//!
//! A row is written before Vapi is asked, and says when the next one may ask, so that of several
//! replicas one does. It is removed when nobody can have a use for it any more.

use crate::change::Change;
use crate::sql::{both, postgres};

pub fn change() -> Change {
    Change {
        name: "m0013_reconcile",
        up: vec![
            both(
                "CREATE TABLE inquiries (
                    call_id {uuid} PRIMARY KEY,
                    -- How often Vapi has answered and had nothing new.
                    answers INT NOT NULL DEFAULT 0,
                    -- Nobody asks before this.
                    due_at {bigint} NOT NULL
                ) {table by key}",
            ),
            both("CREATE INDEX inquiries_due ON inquiries (due_at)"),
            postgres("ALTER TABLE inquiries ENABLE ROW LEVEL SECURITY"),
            // Calls that have ended and brought nothing. Only the latest of them are asked about.
            both(
                "CREATE INDEX calls_unreported ON calls (ended_at)
                 WHERE ended_at IS NOT NULL AND result IS NULL AND vapi_call_id IS NOT NULL",
            ),
        ],
        down: vec![
            both("DROP INDEX calls_unreported"),
            both("DROP TABLE inquiries"),
        ],
    }
}
