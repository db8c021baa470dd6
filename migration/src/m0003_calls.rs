//! Calls, what is known of each, and the immutable log of what was said about them.
//!
//! `calls` is the state, `call_events` the log it was made from, `identities` what was already
//! recorded, so that the same event twice changes nothing. `maintenance` is the key to the log;
//! [`crate::append_only`] says how it turns.
//!
//! Retention and replay walk a log by `position`, from its old end, so no log indexes its times.

use crate::append_only::AppendOnly;
use crate::change::Change;
use crate::sql::{Sql, both, postgres};

const CALL_EVENTS_GUARD: AppendOnly = AppendOnly {
    table: "call_events",
    sealed: "payload",
    fixed: &[
        "position",
        "id",
        "call_id",
        "type",
        "status",
        "applied",
        "source",
        "occurred_at",
        "created_at",
    ],
};

pub fn change() -> Change {
    let mut up = calls();
    up.extend(calls_indexes());
    up.extend(identities());
    up.extend(maintenance());
    up.extend(call_events());
    up.extend(CALL_EVENTS_GUARD.guards());
    Change {
        name: "m0003_calls",
        up,
        down: vec![
            both("DROP TABLE call_events"),
            CALL_EVENTS_GUARD.drop_function(),
            both("DROP TABLE maintenance"),
            both("DROP TABLE maintenance_at_rest"),
            both("DROP TABLE identities"),
            both("DROP TABLE calls"),
        ],
    }
}

/// Every event of a call updates its row. So no index is on a column that changes with each event
/// (`last_event_at`, `sequence`, `updated_at`), and PostgreSQL keeps a fifth of each page free:
/// the update then stays on its page and touches no index.
fn calls() -> Vec<Sql> {
    vec![
        both(
            "CREATE TABLE calls (
                id {uuid} PRIMARY KEY,
                vapi_call_id TEXT UNIQUE,
                -- Ours, put into the metadata of a call that we place: Vapi's word of it that
                -- comes before the answer to our own request is known by this.
                request_id TEXT UNIQUE,
                owner TEXT,
                origin TEXT NOT NULL CHECK (origin IN ('placed', 'announced')),
                -- Vapi's call.type.
                kind TEXT,
                status TEXT NOT NULL CHECK (status IN (
                    'SCHEDULED', 'QUEUED', 'RINGING', 'IN_PROGRESS', 'FORWARDING',
                    'ENDED', 'FAILED', 'CANCELED', 'TIMEOUT')),
                outcome TEXT CHECK (outcome IN (
                    'completed', 'no_contact', 'failed', 'canceled', 'timeout')),
                ended_reason TEXT,
                retryable {bool},
                sequence INT NOT NULL DEFAULT 0,
                -- Sealed, and beside it the keyed blind index by which it is looked up.
                phone {bytes},
                phone_index {bytes},
                -- Sealed: customer, metadata, assistant.
                details {bytes},
                -- Sealed.
                result {bytes},
                result_version INT NOT NULL DEFAULT 0,
                result_dismissed_at {bigint},
                campaign_id {uuid},
                -- The instance that recorded the last event: only it may hand the next one on in
                -- memory without breaking the call's order.
                recorder {uuid},
                scheduled_at {bigint},
                started_at {bigint},
                ended_at {bigint},
                announce_due_at {bigint},
                announced_at {bigint},
                last_event_at {bigint},
                created_at {bigint} NOT NULL,
                updated_at {bigint} NOT NULL,
                CONSTRAINT an_outcome_exactly_when_terminal CHECK (
                    (outcome IS NOT NULL) = (status IN ('ENDED', 'FAILED', 'CANCELED', 'TIMEOUT'))),
                CONSTRAINT an_end_exactly_when_terminal CHECK (
                    (ended_at IS NULL) = (outcome IS NULL)),
                CONSTRAINT announced_only_when_terminal CHECK (
                    outcome IS NOT NULL OR (announce_due_at IS NULL AND announced_at IS NULL)),
                CONSTRAINT announced_only_once CHECK (
                    announce_due_at IS NULL OR announced_at IS NULL),
                CONSTRAINT a_blind_index_only_of_a_phone CHECK (
                    phone_index IS NULL OR phone IS NOT NULL)
            ) {table}",
        ),
        postgres("ALTER TABLE calls SET (fillfactor = 80)"),
    ]
}

/// Each holds only the calls that can be asked for by it.
fn calls_indexes() -> Vec<Sql> {
    vec![
        both("CREATE INDEX calls_by_owner ON calls (owner, id) WHERE owner IS NOT NULL"),
        both(
            "CREATE INDEX calls_by_phone ON calls (phone_index, id)
             WHERE phone_index IS NOT NULL",
        ),
        both(
            "CREATE INDEX calls_by_campaign ON calls (campaign_id, id)
             WHERE campaign_id IS NOT NULL",
        ),
        // The timer. A row is here only while its announcement is still to come.
        both(
            "CREATE INDEX calls_to_announce ON calls (announce_due_at)
             WHERE announce_due_at IS NOT NULL",
        ),
        // For the reconciler, which asks Vapi about those that have been silent for too long. Few
        // calls that Vapi knows are live at once, so it reads `last_event_at` from the rows.
        both(
            "CREATE INDEX calls_live ON calls (created_at)
             WHERE ended_at IS NULL AND vapi_call_id IS NOT NULL",
        ),
    ]
}

/// What was recorded, by digest. An event has up to two identities and is new only if both are.
fn identities() -> Vec<Sql> {
    vec![
        both(
            "CREATE TABLE identities (
                digest {bytes} PRIMARY KEY CHECK (length(digest) = 32),
                call_id {uuid},
                event_id {uuid},
                -- Sealed: what a tool call was answered, to be answered again.
                answer {bytes},
                created_at {bigint} NOT NULL
            ) {table by key}",
        ),
        // For retention: digests tell no time.
        both("CREATE INDEX identities_by_age ON identities (created_at)"),
    ]
}

/// The foreign key is checked at the commit, and `false` is all there is to refer to: a
/// transaction may raise its flag, and none can leave it raised.
fn maintenance() -> Vec<Sql> {
    vec![
        both(
            "CREATE TABLE maintenance_at_rest (
                active {bool} PRIMARY KEY CHECK (NOT active)
            ) {table}",
        ),
        both("INSERT INTO maintenance_at_rest (active) VALUES (false)"),
        both(
            "CREATE TABLE maintenance (
                task TEXT PRIMARY KEY CHECK (task IN ('retention', 'reseal')),
                active {bool} NOT NULL DEFAULT false
                    CONSTRAINT lowered_before_the_commit
                    REFERENCES maintenance_at_rest (active) DEFERRABLE INITIALLY DEFERRED
            ) {table}",
        ),
        both("INSERT INTO maintenance (task) VALUES ('retention'), ('reseal')"),
    ]
}

fn call_events() -> Vec<Sql> {
    vec![
        both(
            "CREATE TABLE call_events (
                position {identity},
                id {uuid} NOT NULL UNIQUE,
                -- Some types belong to no call.
                call_id {uuid},
                type TEXT NOT NULL,
                status TEXT CHECK (status IN (
                    'SCHEDULED', 'QUEUED', 'RINGING', 'IN_PROGRESS', 'FORWARDING',
                    'ENDED', 'FAILED', 'CANCELED', 'TIMEOUT')),
                -- False where the event came too late to change the call's status.
                applied {bool} NOT NULL,
                -- The address at which it came in.
                source TEXT NOT NULL,
                -- Sealed.
                payload {bytes} NOT NULL,
                -- Vapi's own timestamp.
                occurred_at {bigint},
                created_at {bigint} NOT NULL
            ) {table}",
        ),
        both(
            "CREATE INDEX call_events_by_call ON call_events (call_id, position)
             WHERE call_id IS NOT NULL",
        ),
    ]
}
