//! Who is logged in to the dashboard, and figures in the order in which it reads them.
//!
//! A session is found by the digest of the token in the cookie. It ends by being deleted, so there
//! is no row that could be taken for a good one by mistake.
//!
//! The figures of a subscription's minutes are moved to stand side by side: a page reads an hour
//! or a day of the subscriptions of one owner, and only retention goes by the minute alone.

use crate::change::Change;
use crate::sql::{Sql, both, postgres, sqlite};

pub fn change() -> Change {
    let mut up = sessions();
    up.extend(by_subscription());
    Change {
        name: "m0014_dashboard",
        up,
        down: down(),
    }
}

fn sessions() -> Vec<Sql> {
    vec![
        both(
            "CREATE TABLE dashboard_sessions (
                -- SHA-256 of the token that the cookie holds.
                id {bytes} PRIMARY KEY CHECK (length(id) = 32),
                -- Sealed: what they were recognised by.
                credential {bytes} NOT NULL,
                created_at {bigint} NOT NULL,
                expires_at {bigint} NOT NULL,
                CONSTRAINT ends_after_its_beginning CHECK (expires_at > created_at)
            ) {table}",
        ),
        // Each log-in clears away what has expired.
        both("CREATE INDEX dashboard_sessions_by_end ON dashboard_sessions (expires_at)"),
        postgres("ALTER TABLE dashboard_sessions ENABLE ROW LEVEL SECURITY"),
    ]
}

fn by_subscription() -> Vec<Sql> {
    let mut change = with_key("subscription_id, minute");
    // For retention.
    change.push(both(
        "CREATE INDEX stats_minutes_by_age ON stats_minutes (minute, subscription_id)",
    ));
    change
}

fn down() -> Vec<Sql> {
    let mut change = vec![both("DROP INDEX stats_minutes_by_age")];
    change.extend(with_key("minute, subscription_id"));
    change.push(both("DROP TABLE dashboard_sessions"));
    change
}

/// SQLite keeps the rows in the key's own tree, so another key is another table.
fn with_key(columns: &str) -> Vec<Sql> {
    vec![
        postgres("ALTER TABLE stats_minutes DROP CONSTRAINT stats_minutes_pkey"),
        postgres(format!(
            "ALTER TABLE stats_minutes ADD PRIMARY KEY ({columns})"
        )),
        sqlite("ALTER TABLE stats_minutes RENAME TO stats_minutes_before"),
        sqlite(format!(
            "CREATE TABLE stats_minutes (
                minute {{bigint}} NOT NULL,
                subscription_id {{uuid}} NOT NULL,
                delivered INT NOT NULL DEFAULT 0,
                failed INT NOT NULL DEFAULT 0,
                within_5ms INT NOT NULL DEFAULT 0,
                within_20ms INT NOT NULL DEFAULT 0,
                within_100ms INT NOT NULL DEFAULT 0,
                within_500ms INT NOT NULL DEFAULT 0,
                within_2s INT NOT NULL DEFAULT 0,
                within_10s INT NOT NULL DEFAULT 0,
                within_60s INT NOT NULL DEFAULT 0,
                slower INT NOT NULL DEFAULT 0,
                PRIMARY KEY ({columns})
            ) {{table by key}}"
        )),
        sqlite("INSERT INTO stats_minutes SELECT * FROM stats_minutes_before"),
        sqlite("DROP TABLE stats_minutes_before"),
    ]
}
