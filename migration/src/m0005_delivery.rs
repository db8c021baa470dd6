//! Getting events to their subscribers: lanes, what waits in them, what became of it.
//!
//! `delivery_queue` is the small hot table and holds only what is pending. What is settled leaves
//! it for `delivery_attempts`, which only grows. A queue row has no owner and is never updated to
//! be claimed: the lane has an owner, and the lane's owner alone reads and settles.

use crate::append_only::AppendOnly;
use crate::change::Change;
use crate::sql::{Sql, both, postgres};

pub const DELIVERY_ATTEMPTS_GUARD: AppendOnly = AppendOnly {
    table: "delivery_attempts",
    sealed: "response",
    fixed: &[
        "id",
        "delivery_id",
        "subscription_id",
        "event_id",
        "call_id",
        "kind",
        "attempt",
        "outcome",
        "status_code",
        "duration_ms",
        "error",
        "final",
        "created_at",
    ],
};

pub fn change() -> Change {
    let mut up = lanes();
    up.extend(delivery_queue());
    up.extend(delivery_attempts());
    up.extend(DELIVERY_ATTEMPTS_GUARD.guards());
    Change {
        name: "m0005_delivery",
        up,
        down: vec![
            both("DROP TABLE delivery_attempts"),
            DELIVERY_ATTEMPTS_GUARD.drop_function(),
            both("DROP TABLE delivery_queue"),
            both("DROP TABLE lanes"),
        ],
    }
}

/// One a subscription. Counters change with every settlement, the owner hardly ever.
fn lanes() -> Vec<Sql> {
    vec![
        both(
            "CREATE TABLE lanes (
                subscription_id {uuid} PRIMARY KEY,
                -- The instance that sends, and since when.
                owner {uuid},
                owned_at {bigint},
                state TEXT NOT NULL DEFAULT 'healthy'
                    CHECK (state IN ('healthy', 'failing', 'paused', 'deactivated')),
                consecutive_failures INT NOT NULL DEFAULT 0,
                -- How many probes failed since the breaker opened.
                probes INT NOT NULL DEFAULT 0,
                next_probe_at {bigint},
                delivered_total {bigint} NOT NULL DEFAULT 0,
                failed_total {bigint} NOT NULL DEFAULT 0,
                last_success_at {bigint},
                last_failure_at {bigint},
                last_error TEXT,
                deactivated_at {bigint},
                deactivated_reason TEXT,
                CONSTRAINT owned_since_when CHECK ((owner IS NULL) = (owned_at IS NULL)),
                CONSTRAINT deactivated_since_when CHECK (
                    (deactivated_at IS NOT NULL) = (state = 'deactivated'))
            ) {table}",
        ),
        postgres("ALTER TABLE lanes SET (fillfactor = 70)"),
        both("CREATE INDEX lanes_by_owner ON lanes (owner)"),
    ]
}

/// Each row is in exactly one of the two partial indexes, and a lane's owner merges the two: first
/// tries in order of position, and retries when they are due. A reader must write `attempt = 0` or
/// `attempt > 0` as it stands here; a bound number does not select a partial index.
///
/// There is no index on `event_id`: every row of every backlog would pay for it. Retention, the one
/// that would want it, goes lane by lane through these two, up to the position that it is about to
/// delete; the retries of a lane it reads through, as their schedule keeps them few.
///
/// A retry changes an indexed column, so free space in its page would save it no index entry, and
/// PostgreSQL's pages are filled to the brim.
fn delivery_queue() -> Vec<Sql> {
    vec![
        both(
            "CREATE TABLE delivery_queue (
                id {uuid} PRIMARY KEY,
                subscription_id {uuid} NOT NULL,
                event_id {uuid} NOT NULL,
                call_id {uuid},
                -- The event's.
                position {bigint} NOT NULL,
                attempt {smallint} NOT NULL DEFAULT 0 CHECK (attempt >= 0),
                due_at {bigint} NOT NULL,
                replay {bool} NOT NULL DEFAULT false,
                created_at {bigint} NOT NULL
            ) {table by key}",
        ),
        both(
            "CREATE INDEX delivery_queue_first ON delivery_queue (subscription_id, position)
             WHERE attempt = 0",
        ),
        both(
            "CREATE INDEX delivery_queue_again ON delivery_queue (subscription_id, due_at)
             WHERE attempt > 0",
        ),
        // Rows come and go by the thousand a second: vacuum early and without pausing, so that
        // the table stays as small as what is pending.
        postgres(
            "ALTER TABLE delivery_queue SET (
                autovacuum_vacuum_scale_factor = 0.01,
                autovacuum_vacuum_threshold = 2000,
                autovacuum_vacuum_cost_delay = 0)",
        ),
    ]
}

fn delivery_attempts() -> Vec<Sql> {
    vec![
        both(
            "CREATE TABLE delivery_attempts (
                id {identity},
                delivery_id {uuid} NOT NULL,
                subscription_id {uuid} NOT NULL,
                event_id {uuid} NOT NULL,
                call_id {uuid},
                kind TEXT NOT NULL,
                attempt {smallint},
                outcome TEXT NOT NULL,
                status_code {smallint},
                duration_ms INT,
                error TEXT,
                -- Sealed: an excerpt. It is bound to `delivery_id`, as `id` is not known before
                -- the row is written.
                response {bytes},
                -- Marks the row that ends a delivery.
                final {bool} NOT NULL,
                created_at {bigint} NOT NULL,
                -- A delivery that is dropped ends without having been tried.
                CONSTRAINT an_attempt_or_an_end CHECK (attempt IS NOT NULL OR final)
            ) {table}",
        ),
        both(
            "CREATE INDEX delivery_attempts_by_subscription
             ON delivery_attempts (subscription_id, id)",
        ),
        both(
            "CREATE INDEX delivery_attempts_by_delivery
             ON delivery_attempts (delivery_id, attempt)",
        ),
        both("CREATE INDEX delivery_attempts_by_event ON delivery_attempts (event_id)"),
    ]
}
