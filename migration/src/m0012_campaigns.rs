//! Campaigns: many calls, of which so many at a time are placed.
//!
//! A campaign counts its calls: each is in exactly one of `queued`, `active`, `completed` and
//! `failed`, and moves on in the transaction that moves the call. So nobody has to count rows, and
//! the end is known by whoever ends the last call.
//!
//! A call that waits for its campaign has a placement like any other, which stands in a `queue`.
//! That is the campaign's id; or, while a long list of calls is being written, an id that is no
//! campaign's yet. Who takes it out of the queue makes it due.

use crate::change::Change;
use crate::sql::{Sql, both, postgres};

pub fn change() -> Change {
    let mut up = campaigns();
    up.extend(queues());
    Change {
        name: "m0012_campaigns",
        up,
        down: vec![
            both("DROP TABLE campaigns"),
            both("DROP INDEX placements_queued"),
            both("DROP INDEX placements_due"),
            // Nothing waits for a campaign that is no more.
            both(
                "DELETE FROM calls WHERE id IN (
                    SELECT call_id FROM placements WHERE queue IS NOT NULL)",
            ),
            both("DELETE FROM placements WHERE queue IS NOT NULL"),
            both("ALTER TABLE placements DROP COLUMN queue"),
            both("CREATE INDEX placements_due ON placements (due_at)"),
        ],
    }
}

fn campaigns() -> Vec<Sql> {
    vec![
        both(
            "CREATE TABLE campaigns (
                id {uuid} PRIMARY KEY,
                owner TEXT NOT NULL,
                name TEXT NOT NULL,
                max_concurrency INT NOT NULL CHECK (max_concurrency BETWEEN 1 AND 1000),
                state TEXT NOT NULL CHECK (state IN (
                    'DRAFT', 'RUNNING', 'PAUSED', 'COMPLETED', 'CANCELED')),
                total INT NOT NULL DEFAULT 0,
                queued INT NOT NULL DEFAULT 0,
                active INT NOT NULL DEFAULT 0,
                -- Ended well.
                completed INT NOT NULL DEFAULT 0,
                -- Ended otherwise; the canceled are among them.
                failed INT NOT NULL DEFAULT 0,
                canceled INT NOT NULL DEFAULT 0,
                -- How long all ended calls took together, and how many they were.
                took_millis {bigint} NOT NULL DEFAULT 0,
                timed INT NOT NULL DEFAULT 0,
                -- Vapi has said that its lines are in use: so many at a time, until then.
                pace INT,
                pace_until {bigint},
                started_at {bigint},
                completed_at {bigint},
                progress_told_at {bigint},
                created_at {bigint} NOT NULL,
                updated_at {bigint} NOT NULL,
                CONSTRAINT each_call_is_counted_once CHECK (
                    total = queued + active + completed + failed),
                CONSTRAINT an_end_exactly_when_completed CHECK (
                    (completed_at IS NOT NULL) = (state = 'COMPLETED')),
                CONSTRAINT a_pace_has_an_end CHECK (
                    (pace IS NULL) = (pace_until IS NULL))
            ) {table}",
        ),
        both("CREATE INDEX campaigns_by_owner ON campaigns (owner, id)"),
        // Those whose queue somebody has to look after.
        both("CREATE INDEX campaigns_queued ON campaigns (state, id) WHERE queued > 0"),
        postgres("ALTER TABLE campaigns SET (fillfactor = 50)"),
        postgres("ALTER TABLE campaigns ENABLE ROW LEVEL SECURITY"),
        postgres(
            "CREATE POLICY of_the_owner ON campaigns FOR SELECT
             USING (owner = nullif(current_setting('ringback.owner', true), ''))",
        ),
    ]
}

fn queues() -> Vec<Sql> {
    vec![
        both("ALTER TABLE placements ADD COLUMN queue {uuid}"),
        // What stands in a queue is not due by the clock alone.
        both("DROP INDEX placements_due"),
        both("CREATE INDEX placements_due ON placements (due_at) WHERE queue IS NULL"),
        both(
            "CREATE INDEX placements_queued ON placements (queue, due_at, call_id)
             WHERE queue IS NOT NULL",
        ),
    ]
}
