//! Who is to be told what, and the marks that delivery needs for it.
//!
//! A subscription that is deleted stays as a row until retention takes it, so that what was
//! delivered keeps an owner; its address is free at once. `subscriptions_epoch` holds one number
//! that every change of a subscription raises, in the transaction of the change: whoever keeps
//! subscriptions in memory compares it and reads what is newer.

use crate::change::Change;
use crate::sql::{Sql, both, postgres};

pub fn change() -> Change {
    let mut up = subscriptions();
    up.extend(lanes_and_queue());
    up.extend(attempts());
    up.extend(stats());
    up.extend(row_level_security());
    Change {
        name: "m0009_subscriptions",
        up,
        down: vec![
            both("DROP TABLE stats_minutes"),
            both("DROP INDEX delivery_attempts_lost"),
            both("DROP INDEX delivery_attempts_by_time"),
            both(
                "CREATE INDEX delivery_attempts_by_subscription
                 ON delivery_attempts (subscription_id, id)",
            ),
            both("ALTER TABLE delivery_queue DROP COLUMN asked_to_wait"),
            both("ALTER TABLE delivery_queue DROP COLUMN steps"),
            both("ALTER TABLE lanes DROP COLUMN drop_before"),
            both("DROP TABLE subscriptions_epoch"),
            both("DROP TABLE subscriptions"),
        ],
    }
}

fn subscriptions() -> Vec<Sql> {
    vec![
        both(
            "CREATE TABLE subscriptions (
                id {uuid} PRIMARY KEY,
                owner TEXT NOT NULL,
                -- Whose events it hears: its owner's, or, for an admin's, everybody's.
                scope TEXT NOT NULL CHECK (scope IN ('own', 'all')),
                -- Normalised, so that two spellings of one address are one subscription.
                url TEXT NOT NULL,
                description TEXT,
                -- A JSON array of names, and a JSON object.
                events TEXT NOT NULL,
                filter TEXT,
                -- Sealed: a JSON object. Their values are often somebody's tokens.
                headers {bytes},
                ordering TEXT NOT NULL DEFAULT 'call' CHECK (ordering IN ('call', 'strict')),
                max_in_flight INT NOT NULL DEFAULT 8 CHECK (max_in_flight BETWEEN 1 AND 100),
                rate_per_second INT CHECK (rate_per_second > 0),
                -- Sealed, both.
                secret {bytes} NOT NULL,
                previous_secret {bytes},
                previous_until {bigint},
                epoch {bigint} NOT NULL,
                created_at {bigint} NOT NULL,
                updated_at {bigint} NOT NULL,
                deleted_at {bigint},
                CONSTRAINT an_old_secret_has_an_end CHECK (
                    (previous_secret IS NULL) = (previous_until IS NULL))
            ) {table}",
        ),
        both(
            "CREATE UNIQUE INDEX subscriptions_by_owner ON subscriptions (owner, url)
             WHERE deleted_at IS NULL",
        ),
        both("CREATE INDEX subscriptions_by_epoch ON subscriptions (epoch)"),
        both(
            "CREATE INDEX subscriptions_deleted ON subscriptions (deleted_at)
             WHERE deleted_at IS NOT NULL",
        ),
        both(
            "CREATE TABLE subscriptions_epoch (
                id {smallint} PRIMARY KEY CHECK (id = 1),
                epoch {bigint} NOT NULL
            ) {table}",
        ),
        both("INSERT INTO subscriptions_epoch (id, epoch) VALUES (1, 0)"),
        postgres("ALTER TABLE subscriptions_epoch SET (fillfactor = 10)"),
    ]
}

/// `steps` counts how much of the retry schedule a delivery has used: probes and whoever asks by
/// hand raise its attempts, not its steps.
fn lanes_and_queue() -> Vec<Sql> {
    vec![
        // While set, nothing is sent: what was queued until then is being dropped.
        both("ALTER TABLE lanes ADD COLUMN drop_before {bigint}"),
        both(
            "ALTER TABLE delivery_queue ADD COLUMN steps INT NOT NULL DEFAULT 0 CHECK (steps >= 0)",
        ),
        both("ALTER TABLE delivery_queue ADD COLUMN asked_to_wait {bool} NOT NULL DEFAULT false"),
    ]
}

/// The history of a subscription is asked for by time, and what was lost in it apart.
fn attempts() -> Vec<Sql> {
    vec![
        both("DROP INDEX delivery_attempts_by_subscription"),
        both(
            "CREATE INDEX delivery_attempts_by_time
             ON delivery_attempts (subscription_id, created_at, id)",
        ),
        both(
            "CREATE INDEX delivery_attempts_lost
             ON delivery_attempts (subscription_id, created_at, id)
             WHERE final AND outcome <> 'delivered'",
        ),
    ]
}

/// What was delivered in each minute, and how long after its event it arrived.
fn stats() -> Vec<Sql> {
    vec![both(
        "CREATE TABLE stats_minutes (
            minute {bigint} NOT NULL,
            subscription_id {uuid} NOT NULL,
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
            PRIMARY KEY (minute, subscription_id)
        ) {table by key}",
    )]
}

fn row_level_security() -> [Sql; 4] {
    [
        postgres("ALTER TABLE subscriptions ENABLE ROW LEVEL SECURITY"),
        postgres("ALTER TABLE subscriptions_epoch ENABLE ROW LEVEL SECURITY"),
        postgres("ALTER TABLE stats_minutes ENABLE ROW LEVEL SECURITY"),
        postgres(
            "CREATE POLICY of_the_owner ON subscriptions FOR SELECT
             USING (owner = nullif(current_setting('ringback.owner', true), ''))",
        ),
    ]
}
