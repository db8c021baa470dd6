//! PostgreSQL: two pools, and time limits that the server itself keeps.
//!
//! A connection belongs to the runtime it was opened on. Handlers read on the
//! runtimes of their server threads, which come and go; what must be written
//! until the very end has a pool of its own that only the process's own
//! runtime uses.

use std::time::Duration;

use anyhow::Context;
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use super::{rows::STATEMENTS_KNOWN_MAX, trust::Trust};
use crate::config::Secret;

const CONNECTIONS_PER_POOL_MAX: u32 = 8;
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(5);
const PING_AFTER_IDLE: Duration = Duration::from_secs(30);

/// No statement and no idle transaction of ours outlives five seconds, and a
/// commit is on the server's disk before it is answered, whatever the
/// server's own settings say.
///
/// A connection plans a statement once, maybe while the table was empty. A plan that walks a table
/// whole would then stay, however large that became, until the server looks at the table anew; and
/// whatever we ask all the time has its index. Where there is none, such a plan is thought so dear
/// that the server would compile it first.
const SERVER_SETTINGS: [(&str, &str); 6] = [
    ("enable_seqscan", "off"),
    ("jit", "off"),
    ("synchronous_commit", "on"),
    ("statement_timeout", "5000"),
    ("lock_timeout", "4000"),
    ("idle_in_transaction_session_timeout", "5000"),
];

/// A change of the schema may take its time, and waits for nobody longer than a statement of ours
/// waits behind it.
const CHANGES_SETTINGS: [(&str, &str); 1] = [("lock_timeout", "3000")];

/// What only reads cannot write by mistake, as on SQLite.
const READ_ONLY: (&str, &str) = ("default_transaction_read_only", "on");

/// Opens the reading and the writing pool, in that order of the answer.
pub(super) async fn open(
    url: &Secret,
    trust: &Trust,
) -> anyhow::Result<(DatabaseConnection, DatabaseConnection)> {
    let reader_settings = [&SERVER_SETTINGS[..], &[READ_ONLY]].concat();
    let (most, writer_settings) = (CONNECTIONS_PER_POOL_MAX, SERVER_SETTINGS.to_vec());
    let write = connect(url, most, writer_settings, trust.clone()).await?;
    let read = connect(url, most, reader_settings, trust.clone()).await?;
    Ok((read, write))
}

/// One connection without time limits, for whoever waits until it is their turn to migrate.
pub(super) async fn open_unhurried(url: &Secret) -> anyhow::Result<DatabaseConnection> {
    connect(url, 1, Vec::new(), Trust::default()).await
}

/// One connection that migrates.
pub(super) async fn open_for_changes(url: &Secret) -> anyhow::Result<DatabaseConnection> {
    connect(url, 1, CHANGES_SETTINGS.to_vec(), Trust::default()).await
}

async fn connect(
    url: &Secret,
    connections: u32,
    settings: Vec<(&'static str, &'static str)>,
    trust: Trust,
) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url.expose());
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(WAIT_FOR_CONNECTION)
        .connect_timeout(WAIT_FOR_CONNECTION)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire_if_idle_for(PING_AFTER_IDLE)
        .sqlx_logging(false)
        .map_sqlx_postgres_before_acquire(move |_, lent| {
            let is_good = trust.covers(lent.age);
            Box::pin(async move { Ok(is_good) })
        })
        .map_sqlx_postgres_opts(move |driver| {
            driver
                .application_name("ringback")
                .statement_cache_capacity(STATEMENTS_KNOWN_MAX)
                .options(settings.iter().copied())
        });
    Database::connect(options)
        .await
        .context("DATABASE_URL names a PostgreSQL server that cannot be reached")
}
