//! Legal rows: of each table one that breaks no rule, and the same with some columns changed.

use std::collections::BTreeMap;

/// Those columns alone that must be given.
#[rustfmt::skip]
pub const LEGAL_ROWS: &[(&str, &str)] = &[
    ("api_keys", "id = {uuid}, name = 'n', owner = 'o', role = 'user', digest = {32 bytes}, hint = 'abcd', \
        created_at = 1"),
    ("call_events", "id = {uuid}, type = 't', applied = true, source = '/', payload = {40 bytes}, created_at = 1"),
    ("calls", "id = {uuid}, origin = 'placed', status = 'QUEUED', created_at = 1, updated_at = 1"),
    ("campaigns", "id = {uuid}, owner = 'o', name = 'n', max_concurrency = 10, state = 'DRAFT', created_at = 1, \
        updated_at = 1"),
    ("dashboard_sessions", "id = {32 bytes}, credential = {40 bytes}, created_at = 1, expires_at = 2"),
    ("delivery_attempts", "delivery_id = {uuid}, subscription_id = {uuid}, event_id = {uuid}, kind = 'k', \
        outcome = 'dropped', final = true, created_at = 1"),
    ("delivery_queue", "id = {uuid}, subscription_id = {uuid}, event_id = {uuid}, position = 1, due_at = 1, \
        created_at = 1"),
    ("events", "id = {uuid}, kind = 'call.transcript', payload = {40 bytes}, created_at = 1"),
    ("idempotency_keys", "id = {32 bytes}, request_digest = {32 bytes}, status = 201, answer = {40 bytes}, \
        created_at = 1"),
    ("identities", "digest = {32 bytes}, created_at = 1"),
    ("inquiries", "call_id = {uuid}, due_at = 1"),
    ("instances", "id = {uuid}, name = 'n', version = '1', started_at = 1, expires_at = 2"),
    ("lanes", "subscription_id = {uuid}"),
    ("messages", "id = {uuid}, call_id = {uuid}, role = 'user', text = {40 bytes}, reported = false, \
        ordered_at = 1, created_at = 1"),
    ("schedule_runs", "id = {uuid}, schedule_id = {uuid}, due_at = 1, state = 'missed', created_at = 1"),
    ("schedules", "id = {uuid}, owner = 'o', cron = 'c', timezone = 't', call_template = {40 bytes}, created_at = 1, \
        updated_at = 1"),
    ("stats_minutes", "minute = 1, subscription_id = {uuid}"),
    ("subscriptions", "id = {uuid}, owner = 'o', scope = 'own', url = 'u', events = '[]', secret = {40 bytes}, \
        epoch = 1, created_at = 1, updated_at = 1"),
    ("placements", "call_id = {uuid}, state = 'waiting', new_call = {40 bytes}, due_at = 1, created_at = 1"),
    ("tool_calls", "digest = {32 bytes}, instance = {uuid}, created_at = 1"),
    ("tools", "id = {uuid}, name = 't', owner = 'o', scope = 'own', url = 'u', timeout_ms = 5000, parameters = 'p', \
        secret = {40 bytes}, created_at = 1"),
];

/// An INSERT of the table's legal row, with some columns changed: `column = value, …`.
pub fn insert(table: &str, changed: &str) -> String {
    let (_, legal) = LEGAL_ROWS.iter().find(|(name, _)| *name == table).unwrap();
    let row: BTreeMap<&str, &str> = pairs(legal).chain(pairs(changed)).collect();
    let columns = row.keys().copied().collect::<Vec<_>>().join(", ");
    let values = row.values().copied().collect::<Vec<_>>().join(", ");
    format!("INSERT INTO {table} ({columns}) VALUES ({values})")
}

/// The columns of a row and their values.
pub fn pairs(row: &str) -> impl Iterator<Item = (&str, &str)> {
    row.split(", ").filter_map(|pair| pair.split_once(" = "))
}
