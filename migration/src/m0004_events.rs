//! What is told to the world: one row an event, in the order of `position`.
//!
//! `payload` holds the exact bytes that are signed and sent, sealed. `status` is the call's state;
//! the word that a payload uses for it is a matter of the payload.
//!
//! On PostgreSQL a row's `position` is drawn before its transaction commits, so a reader that only
//! remembers the last position would miss a row that commits late. Each row therefore carries its
//! transaction's id, and a reader takes `(xid, position)` below the oldest transaction that still
//! runs. On SQLite there is one writer, and `position` alone is gap-free.

use crate::change::Change;
use crate::sql::{both, postgres};

pub fn change() -> Change {
    Change {
        name: "m0004_events",
        up: vec![
            both(
                "CREATE TABLE events (
                    position {identity},
                    id {uuid} NOT NULL UNIQUE,
                    kind TEXT NOT NULL,
                    owner TEXT,
                    call_id {uuid},
                    status TEXT CHECK (status IN (
                        'SCHEDULED', 'QUEUED', 'RINGING', 'IN_PROGRESS', 'FORWARDING',
                        'ENDED', 'FAILED', 'CANCELED', 'TIMEOUT')),
                    sequence INT,
                    -- Sealed.
                    payload {bytes} NOT NULL,
                    created_at {bigint} NOT NULL
                ) {table}",
            ),
            both(
                "CREATE INDEX events_by_owner ON events (owner, position)
                 WHERE owner IS NOT NULL",
            ),
            both(
                "CREATE INDEX events_by_call ON events (call_id, position)
                 WHERE call_id IS NOT NULL",
            ),
            // These four count a call's sequence up, each event by one. All others carry the
            // number that the call has reached, so for them it repeats.
            both(
                "CREATE UNIQUE INDEX events_in_sequence ON events (call_id, sequence)
                 WHERE kind IN (
                    'call.status.changed', 'call.completed', 'call.failed', 'call.report')",
            ),
            postgres(
                "ALTER TABLE events
                 ADD COLUMN xid XID8 NOT NULL DEFAULT pg_current_xact_id()",
            ),
            postgres("CREATE INDEX events_in_commit_order ON events (xid, position)"),
        ],
        down: vec![both("DROP TABLE events")],
    }
}
