//! Where the time of an attempt went: the looking up of the name, the connection, its TLS, the
//! waiting for the first byte. In microseconds, so that a receiver next door shows as more than
//! zero; NULL is what did not happen, and everything of an attempt that was made before.

use crate::append_only::AppendOnly;
use crate::change::Change;
use crate::m0005_delivery::DELIVERY_ATTEMPTS_GUARD as BEFORE;
use crate::sql::{Sql, both};

const COLUMNS: [&str; 4] = ["dns_us", "connect_us", "tls_us", "first_byte_us"];

const GUARD: AppendOnly = AppendOnly {
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
        "dns_us",
        "connect_us",
        "tls_us",
        "first_byte_us",
        "error",
        "final",
        "created_at",
    ],
    ..BEFORE
};

pub fn change() -> Change {
    Change {
        name: "m0015_attempt_timings",
        up: guarded_anew(&BEFORE, "ADD COLUMN", " INT", &GUARD),
        down: guarded_anew(&GUARD, "DROP COLUMN", "", &BEFORE),
    }
}

fn guarded_anew(before: &AppendOnly, verb: &str, kind: &str, after: &AppendOnly) -> Vec<Sql> {
    let change = |column| {
        both(format!(
            "ALTER TABLE delivery_attempts {verb} {column}{kind}"
        ))
    };
    let mut statements = before.without_guards_by_column();
    statements.extend(COLUMNS.map(change));
    statements.extend(after.guards_by_column());
    statements
}
