//! The second net under tenancy, on PostgreSQL: whoever reads the tables directly sees one owner.
//!
//! The server owns its tables and is not bound by this; its queries name the owner themselves. A
//! role that was merely granted SELECT sees the rows of the owner that it names by
//! `SET ringback.owner`, and without a name none. A table with row-level security and no policy
//! shows such a role nothing at all, so a new table only needs it enabled, and a policy where it
//! has an owner. SQLite has no roles, and no part in this.

use crate::change::Change;
use crate::sql::{Sql, postgres};

const TABLES: [&str; 13] = [
    "api_keys",
    "call_events",
    "calls",
    "delivery_attempts",
    "delivery_queue",
    "events",
    "idempotency_keys",
    "identities",
    "instances",
    "lanes",
    "maintenance",
    "maintenance_at_rest",
    "seaql_migrations",
];

pub fn change() -> Change {
    Change {
        name: "m0006_row_level_security",
        up: TABLES.into_iter().map(enable).chain(policies()).collect(),
        down: vec![
            postgres("DROP POLICY of_the_owner ON events"),
            postgres("DROP POLICY of_the_owner ON call_events"),
            postgres("DROP POLICY of_the_owner ON calls"),
        ]
        .into_iter()
        .chain(TABLES.into_iter().map(disable))
        .collect(),
    }
}

fn enable(table: &str) -> Sql {
    postgres(format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
}

fn disable(table: &str) -> Sql {
    postgres(format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))
}

/// A setting that was set once and reset reads as an empty string, which is nobody either. The
/// look-ups in `calls` are themselves under its policy, so they need not repeat the owner.
fn policies() -> [Sql; 3] {
    [
        postgres(
            "CREATE POLICY of_the_owner ON calls FOR SELECT
             USING (owner = nullif(current_setting('ringback.owner', true), ''))",
        ),
        postgres(
            "CREATE POLICY of_the_owner ON call_events FOR SELECT
             USING (EXISTS (SELECT FROM calls WHERE calls.id = call_events.call_id))",
        ),
        postgres(
            "CREATE POLICY of_the_owner ON events FOR SELECT
             USING (owner = nullif(current_setting('ringback.owner', true), '')
                    OR EXISTS (SELECT FROM calls WHERE calls.id = events.call_id))",
        ),
    ]
}
