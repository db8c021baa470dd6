//! Constraints: an illegal row cannot exist.
//!
//! Each rule is shown by two rows that differ in nothing but what the rule is about: the first is
//! let in, the second is refused.

use super::{
    Store, assert_let_through, assert_refused,
    legal_rows::{LEGAL_ROWS, insert, pairs},
    sql,
};

/// Table, what refuses (a constraint or its column), a legal change of the row, an illegal one.
#[rustfmt::skip]
const RULES: &[(&str, &str, &str, &str)] = &[
    ("api_keys", "role", "role = 'admin'", "role = 'root'"),
    ("api_keys", "digest", "digest = {32 bytes}", "digest = {31 bytes}"),
    ("api_keys", "digest", "digest = {32 bytes}", "digest = {33 bytes}"),
    ("api_keys", "hint", "hint = ''", "hint = 'abcde'"),
    ("idempotency_keys", "id", "id = {32 bytes}", "id = {31 bytes}"),
    ("idempotency_keys", "request_digest", "request_digest = {32 bytes}", "request_digest = {33 bytes}"),
    ("identities", "digest", "digest = {32 bytes}", "digest = {20 bytes}"),
    ("dashboard_sessions", "id", "id = {32 bytes}", "id = {16 bytes}"),
    ("dashboard_sessions", "ends_after_its_beginning", "expires_at = 2", "expires_at = 1"),

    ("calls", "origin", "origin = 'announced'", "origin = 'found'"),
    ("calls", "status", "status = 'RINGING'", "status = 'ringing'"),
    ("calls", "outcome",
        "status = 'FAILED', ended_at = 5, outcome = 'no_contact'",
        "status = 'FAILED', ended_at = 5, outcome = 'no_answer'"),
    ("calls", "an_outcome_exactly_when_terminal",
        "status = 'ENDED', ended_at = 5, outcome = 'completed'",
        "status = 'IN_PROGRESS', ended_at = 5, outcome = 'completed'"),
    ("calls", "an_outcome_exactly_when_terminal", "status = 'SCHEDULED'", "status = 'ENDED'"),
    ("calls", "an_outcome_exactly_when_terminal", "status = 'FORWARDING'", "status = 'FAILED'"),
    ("calls", "an_outcome_exactly_when_terminal", "status = 'QUEUED'", "status = 'CANCELED'"),
    ("calls", "an_outcome_exactly_when_terminal", "status = 'RINGING'", "status = 'TIMEOUT'"),
    ("calls", "an_end_exactly_when_terminal",
        "status = 'ENDED', outcome = 'completed', ended_at = 5",
        "status = 'ENDED', outcome = 'completed', ended_at = NULL"),
    ("calls", "an_end_exactly_when_terminal", "ended_at = NULL", "ended_at = 5"),
    ("calls", "announced_only_when_terminal", "announce_due_at = NULL", "announce_due_at = 6"),
    ("calls", "announced_only_when_terminal", "announced_at = NULL", "announced_at = 6"),
    ("calls", "announced_only_once",
        "status = 'ENDED', outcome = 'completed', ended_at = 5, announced_at = 6",
        "status = 'ENDED', outcome = 'completed', ended_at = 5, announced_at = 6, announce_due_at = 6"),
    ("calls", "a_blind_index_only_of_a_phone",
        "phone = {40 bytes}, phone_index = {32 bytes}",
        "phone = NULL, phone_index = {32 bytes}"),
    ("call_events", "status", "status = 'ENDED'", "status = 'completed'"),
    ("events", "status", "status = 'ENDED'", "status = 'completed'"),
    ("messages", "role", "role = 'tool'", "role = 'bot'"),

    ("lanes", "state", "state = 'failing'", "state = 'sick'"),
    ("lanes", "deactivated_since_when",
        "state = 'deactivated', deactivated_at = 4",
        "state = 'deactivated', deactivated_at = NULL"),
    ("lanes", "deactivated_since_when", "deactivated_at = NULL", "deactivated_at = 4"),
    ("lanes", "owned_since_when", "owner = {uuid}, owned_at = 9", "owner = {uuid}, owned_at = NULL"),
    ("lanes", "owned_since_when", "owned_at = NULL", "owned_at = 9"),
    ("delivery_queue", "attempt", "attempt = 1", "attempt = -1"),
    ("delivery_attempts", "an_attempt_or_an_end", "attempt = NULL, final = true", "attempt = NULL, final = false"),

    ("subscriptions", "scope", "scope = 'all', url = 'a'", "scope = 'most', url = 'b'"),
    ("subscriptions", "ordering", "ordering = 'strict', url = 'c'", "ordering = 'loose', url = 'd'"),
    ("subscriptions", "max_in_flight", "max_in_flight = 100, url = 'e'", "max_in_flight = 101, url = 'f'"),
    ("subscriptions", "max_in_flight", "max_in_flight = 1, url = 'g'", "max_in_flight = 0, url = 'h'"),
    ("subscriptions", "rate_per_second", "rate_per_second = 1, url = 'i'", "rate_per_second = 0, url = 'j'"),
    ("subscriptions", "an_old_secret_has_an_end",
        "previous_secret = {40 bytes}, previous_until = 5, url = 'k'",
        "previous_secret = {40 bytes}, previous_until = NULL, url = 'l'"),
    ("subscriptions", "an_old_secret_has_an_end", "url = 'm'", "previous_until = 5, url = 'n'"),
    ("delivery_queue", "steps", "steps = 1", "steps = -1"),

    ("placements", "state", "state = 'waiting'", "state = 'lost', asked_at = 1"),
    ("placements", "a_time_exactly_when_asked", "state = 'unconfirmed', asked_at = 1", "state = 'unconfirmed'"),
    ("placements", "a_time_exactly_when_asked", "state = 'waiting'", "asked_at = 1"),
    ("placements", "somebody_asks", "state = 'asking', asked_at = 1, instance = {uuid}", "state = 'asking', asked_at = 1"),
    ("placements", "somebody_asks", "state = 'waiting'", "instance = {uuid}"),
    ("campaigns", "max_concurrency", "max_concurrency = 1000", "max_concurrency = 1001"),
    ("campaigns", "max_concurrency", "max_concurrency = 1", "max_concurrency = 0"),
    ("campaigns", "state", "state = 'PAUSED'", "state = 'STOPPED'"),
    ("campaigns", "each_call_is_counted_once",
        "total = 10, queued = 4, active = 3, completed = 2, failed = 1",
        "total = 10, queued = 4, active = 3, completed = 2, failed = 2"),
    ("campaigns", "an_end_exactly_when_completed", "state = 'COMPLETED', completed_at = 5", "state = 'COMPLETED'"),
    ("campaigns", "an_end_exactly_when_completed", "state = 'CANCELED'", "state = 'CANCELED', completed_at = 5"),
    ("campaigns", "a_pace_has_an_end", "pace = 1, pace_until = 5", "pace = 1"),
    ("schedules", "max_runs", "max_runs = 1", "max_runs = 0"),
    ("schedules", "grace_seconds", "grace_seconds = 1", "grace_seconds = 0"),
    ("schedules", "only_an_active_one_runs", "next_run_at = 1", "next_run_at = 1, is_active = false"),
    ("schedule_runs", "state", "state = 'failed'", "state = 'lost'"),
    ("schedule_runs", "a_call_exactly_when_placed",
        "state = 'placed', call_id = {uuid}",
        "state = 'placed'"),
    ("schedule_runs", "a_call_exactly_when_placed", "call_id = NULL", "call_id = {uuid}"),

    ("tools", "scope", "scope = 'all'", "scope = 'most'"),
    ("tools", "name", "name = 'n'", "name = ''"),
    ("tools", "timeout_ms", "timeout_ms = 100, owner = 'p'", "timeout_ms = 99, owner = 'p'"),
    ("tools", "timeout_ms", "timeout_ms = 20000, owner = 'q'", "timeout_ms = 20001, owner = 'q'"),
    ("tool_calls", "digest", "digest = {32 bytes}", "digest = {20 bytes}"),
    ("tool_calls", "an_answer_exactly_when_finished", "answer = NULL, finished_at = NULL", "finished_at = 5"),
    ("tool_calls", "an_answer_exactly_when_finished",
        "answer = {40 bytes}, finished_at = 5",
        "answer = {40 bytes}, finished_at = NULL"),
    ("tool_calls", "an_answer_exactly_when_finished", "answer = NULL", "answer = {40 bytes}"),
];

/// Table, and what no two of its rows may share.
const UNIQUE: &[(&str, &str)] = &[
    ("api_keys", "digest = {32 bytes}"),
    ("api_keys", "id = {uuid}"),
    ("call_events", "id = {uuid}"),
    ("calls", "id = {uuid}"),
    ("calls", "request_id = 'one'"),
    ("calls", "vapi_call_id = 'one'"),
    ("campaigns", "id = {uuid}"),
    ("dashboard_sessions", "id = {32 bytes}"),
    ("delivery_queue", "id = {uuid}"),
    ("events", "id = {uuid}"),
    ("idempotency_keys", "id = {32 bytes}"),
    ("identities", "digest = {32 bytes}"),
    ("inquiries", "call_id = {uuid}"),
    ("instances", "id = {uuid}"),
    ("lanes", "subscription_id = {uuid}"),
    ("messages", "id = {uuid}"),
    ("schedule_runs", "id = {uuid}"),
    ("schedule_runs", "schedule_id = {uuid}, due_at = 1"),
    ("schedules", "id = {uuid}"),
    ("stats_minutes", "minute = 1, subscription_id = {uuid}"),
    ("subscriptions", "id = {uuid}"),
    ("subscriptions", "owner = 'one', url = 'one'"),
    ("placements", "call_id = {uuid}"),
    ("tool_calls", "digest = {32 bytes}"),
    ("tools", "id = {uuid}"),
    ("tools", "owner = 'one', name = 'one'"),
];

#[tokio::test]
async fn each_constraint_lets_the_legal_row_in_and_refuses_the_illegal_one() {
    let store = Store::open().await;
    for (table, by, legal, illegal) in RULES {
        let (legal, illegal) = (insert(table, legal), insert(table, illegal));
        assert_let_through(store.run(&[&legal]).await, &legal);
        let ended = store.run(&[&illegal]).await;
        assert_refused(&ended, "check constraint", &illegal);
        assert_refused(&ended, by, &illegal);
    }
    store.close().await;
}

#[tokio::test]
async fn no_two_rows_share_what_is_unique() {
    let store = Store::open().await;
    for (table, shared) in UNIQUE {
        let shared = sql::filled_in(store.db.backend(), shared);
        let row = insert(table, &shared);
        assert_let_through(store.run(&[&row]).await, &row);
        let again = store.run(&[&row]).await;
        assert_refused(&again, "unique", &row);
    }
    store.close().await;
}

#[tokio::test]
async fn each_column_of_the_least_row_is_needed() {
    let store = Store::open().await;
    for (table, row) in LEGAL_ROWS {
        assert_let_through(store.run(&[&insert(table, "")]).await, table);
        for (column, _) in pairs(row) {
            let lacking = insert(table, &format!("{column} = NULL"));
            let ended = store.run(&[&lacking]).await;
            assert_refused(&ended, "null", &lacking);
        }
    }
    store.close().await;
}

#[tokio::test]
async fn a_value_of_another_type_is_refused() {
    let store = Store::open().await;
    let wrong = [
        ("instances", "id = 'no uuid'"),
        ("instances", "started_at = 'soon'"),
        ("lanes", "owner = 7, owned_at = 1"),
        ("delivery_queue", "attempt = 'first'"),
    ];
    for (table, wrong) in wrong {
        let row = insert(table, wrong);
        assert!(store.run(&[&row]).await.is_err(), "{row}");
    }
    store.close().await;
}

#[tokio::test]
async fn an_event_that_counts_a_calls_sequence_has_its_number_alone() {
    let store = Store::open().await;
    let call = sql::filled_in(store.db.backend(), "call_id = {uuid}, sequence = 1");
    let of_kind = |kind: &str| insert("events", &format!("kind = '{kind}', {call}"));
    let first = of_kind("call.status.changed");
    assert_let_through(store.run(&[&first]).await, &first);
    for kind in [
        "call.status.changed",
        "call.completed",
        "call.failed",
        "call.report",
    ] {
        let ended = store.run(&[&of_kind(kind)]).await;
        assert_refused(&ended, "unique", kind);
    }
    for kind in ["call.transcript", "call.transcript", "session.ended"] {
        assert_let_through(store.run(&[&of_kind(kind)]).await, kind);
    }
    store.close().await;
}
