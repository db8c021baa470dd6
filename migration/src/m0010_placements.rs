//! Calls that are still to be placed, or of which nobody knows yet whether they were.
//!
//! A row is written with its call, before Vapi is asked, and goes when that is settled; so it says
//! what a process that has died was about to do. `state` is what may be done next:
//!
//! * `waiting`: it was not asked for. Whoever comes first after `due_at` asks.
//! * `asking`: `instance` asks Vapi. If that is dead, or `due_at` has passed, nobody knows how it
//!   ended, and from then on the row is
//! * `unconfirmed`: it is looked for at Vapi, next at `due_at`, and never asked for again.

use crate::change::Change;
use crate::sql::{both, postgres};

pub fn change() -> Change {
    Change {
        name: "m0010_placements",
        up: vec![
            both(
                "CREATE TABLE placements (
                    call_id {uuid} PRIMARY KEY,
                    state TEXT NOT NULL CHECK (state IN ('waiting', 'asking', 'unconfirmed')),
                    -- Sealed: whom to call, and who speaks.
                    new_call {bytes} NOT NULL,
                    due_at {bigint} NOT NULL,
                    -- After this it is not placed any more.
                    latest_at {bigint},
                    asked_at {bigint},
                    instance {uuid},
                    -- How often Vapi was asked whether it knows the call.
                    looks INT NOT NULL DEFAULT 0,
                    -- It is to be ended as soon as it is known.
                    cancel_requested {bool} NOT NULL DEFAULT false,
                    created_at {bigint} NOT NULL,
                    CONSTRAINT a_time_exactly_when_asked CHECK (
                        (asked_at IS NULL) = (state = 'waiting')),
                    CONSTRAINT somebody_asks CHECK (
                        (instance IS NOT NULL) = (state = 'asking'))
                ) {table}",
            ),
            both("CREATE INDEX placements_due ON placements (due_at)"),
            postgres("ALTER TABLE placements ENABLE ROW LEVEL SECURITY"),
        ],
        down: vec![both("DROP TABLE placements")],
    }
}
