//! The hub's calls on PostgreSQL's wire: the caller's name, then words such as
//! `events` or `lane:…`, with a space between.

use std::fmt::Write;

use entity::{CallId, SubscriptionId};
use sea_orm::{ConnectionTrait, Statement};
use sqlx::postgres::PgListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Hub, Wake};
use crate::infra::db::Db;

const CHANNEL: &str = "ringback";
/// A call need not outlive a failure of power, so its commit does not wait for the disk.
const NOTIFY: &str = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)";
/// PostgreSQL takes less than 8,000.
const PAYLOAD_BYTES_MAX: usize = 7_800;

/// The worker: tells the other processes, until it is stopped.
pub(super) async fn tell_others(hub: Hub, db: Db, stop: CancellationToken) -> anyhow::Result<()> {
    loop {
        let more = hub.0.something_to_tell.notified();
        let stopped = stop.run_until_cancelled(more).await.is_none();
        for payload in payloads(hub.0.name, hub.take_untold()) {
            let notify = Statement::from_sql_and_values(
                db.backend(),
                NOTIFY,
                [CHANNEL.into(), payload.into()],
            );
            if let Err(error) = db.for_listening().execute_raw(notify).await {
                // Some calls are lost, and nobody knows which: the next ones wake everybody.
                hub.ring_elsewhere(Wake::All);
                return Err(error.into());
            }
        }
        if stopped {
            return Ok(());
        }
    }
}

/// The worker: hears the other processes, until it is stopped. Whenever the
/// connection is new, calls may have been missed.
pub(super) async fn hear_others(hub: Hub, db: Db, stop: CancellationToken) -> anyhow::Result<()> {
    let pool = db.for_listening().get_postgres_connection_pool();
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    hub.ring_here(Wake::All);
    loop {
        let Some(heard) = stop.run_until_cancelled(listener.try_recv()).await else {
            return Ok(());
        };
        match heard? {
            Some(call) => hear(&hub, call.payload()),
            // The connection was lost, and is made again.
            None => hub.ring_here(Wake::All),
        }
    }
}

fn hear(hub: &Hub, payload: &str) {
    let mut words = payload.split(' ');
    if words.next() == Some(hub.0.name.to_string().as_str()) {
        return;
    }
    for word in words {
        // A newer process may say what we do not know.
        hub.ring_here(read(word).unwrap_or(Wake::All));
    }
}

fn payloads(name: Uuid, wakes: impl IntoIterator<Item = Wake>) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for wake in wakes {
        let word = word(wake);
        let fits = |last: &&mut String| last.len() + 1 + word.len() <= PAYLOAD_BYTES_MAX;
        match payloads.last_mut().filter(fits) {
            Some(last) => {
                let _ = write!(last, " {word}");
            }
            None => payloads.push(format!("{name} {word}")),
        }
    }
    payloads
}

fn word(wake: Wake) -> String {
    match wake {
        Wake::All => "all".to_owned(),
        Wake::Events => "events".to_owned(),
        Wake::Subscriptions => "subscriptions".to_owned(),
        Wake::Campaigns => "campaigns".to_owned(),
        Wake::Lane(id) => format!("lane:{}", id.uuid().simple()),
        Wake::Result(id) => format!("result:{}", id.uuid().simple()),
    }
}

fn read(word: &str) -> Option<Wake> {
    match word.split_once(':') {
        None if word == "events" => Some(Wake::Events),
        None if word == "subscriptions" => Some(Wake::Subscriptions),
        None if word == "campaigns" => Some(Wake::Campaigns),
        Some(("lane", id)) => Some(Wake::Lane(SubscriptionId::from_uuid(id.parse().ok()?))),
        Some(("result", id)) => Some(Wake::Result(CallId::from_uuid(id.parse().ok()?))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_is_heard_as_it_was_made() {
        let id = Uuid::now_v7();
        for wake in [
            Wake::Events,
            Wake::Subscriptions,
            Wake::Campaigns,
            Wake::Lane(SubscriptionId::from_uuid(id)),
            Wake::Result(CallId::from_uuid(id)),
        ] {
            assert_eq!(read(&word(wake)), Some(wake));
        }
        for unknown in ["all", "", "lane", "lane:x", "tomorrow:1"] {
            assert_eq!(read(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn more_calls_than_fit_go_out_in_several_payloads() {
        let lanes = (0..500).map(|_| Wake::Lane(SubscriptionId::from_uuid(Uuid::now_v7())));
        let payloads = payloads(Uuid::nil(), lanes);
        assert!(
            payloads
                .iter()
                .all(|payload| payload.len() <= PAYLOAD_BYTES_MAX)
        );
        let words = payloads
            .iter()
            .map(|payload| payload.split(' ').count() - 1);
        assert_eq!(words.sum::<usize>(), 500);
    }
}
