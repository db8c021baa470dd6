//! The hub's calls on PostgreSQL's wire: the caller's name, then words such as
//! `events` or `lane:…`, with a space between.
//!
//! That there are new events is called out once in a while, as where many come
//! each would have a call of its own, and each process hears all of them. What
//! somebody waits for by name, a lane or a result, is called out at once.

use std::{collections::BTreeSet, fmt::Write, time::Duration};

use entity::{CallId, SubscriptionId};
use sea_orm::{ConnectionTrait, Statement};
use sqlx::postgres::PgListener;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Hub, Wake};
use crate::infra::db::Db;

const CHANNEL: &str = "ringback";
/// A call need not outlive a failure of power, so its commit does not wait for the disk.
const NOTIFY: &str = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)";
/// PostgreSQL takes less than 8,000.
const PAYLOAD_BYTES_MAX: usize = 7_800;
/// From one call that there are new events to the next, at least.
const REST: Duration = Duration::from_millis(20);

/// The worker: tells the other processes, until it is stopped.
pub(super) async fn tell_others(hub: Hub, db: Db, stop: CancellationToken) -> anyhow::Result<()> {
    let mut told_at = None;
    loop {
        let more = something_to_tell(&hub, told_at);
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
            told_at = Some(Instant::now());
        }
        if stopped {
            return Ok(());
        }
    }
}

/// Comes back when others are to be told of something.
async fn something_to_tell(hub: &Hub, told_at: Option<Instant>) {
    let news = || hub.0.something_to_tell.notified();
    news().await;
    let rested_at = told_at.map_or_else(Instant::now, |told_at| told_at + REST);
    while Instant::now() < rested_at && hub.untold_is(may_rest) {
        // Whether more has come or the time, both are looked at again.
        let _ = timeout_at(rested_at, news()).await;
    }
}

/// Whoever hears it later finds all the same.
fn may_rest(untold: &BTreeSet<Wake>) -> bool {
    untold.iter().all(|wake| *wake == Wake::Events)
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
    use std::sync::{Arc, Mutex};

    use futures_util::FutureExt;
    use tokio::sync::{Notify, broadcast};

    use super::*;
    use crate::infra::hub::Inner;

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

    /// Of a process that has told nobody of anything.
    fn hub() -> Hub {
        Hub(Arc::new(Inner {
            name: Uuid::now_v7(),
            here: broadcast::Sender::new(1),
            untold: Some(Mutex::default()),
            something_to_tell: Notify::new(),
        }))
    }

    #[test]
    fn after_a_rest_others_are_told_of_events_at_once() {
        let hub = hub();
        assert!(something_to_tell(&hub, None).now_or_never().is_none());
        hub.ring(Wake::Events);
        assert!(something_to_tell(&hub, None).now_or_never().is_some());
    }

    #[tokio::test]
    async fn that_there_are_events_waits_for_its_time_and_what_is_called_by_name_does_not() {
        let lane = Wake::Lane(SubscriptionId::from_uuid(Uuid::now_v7()));
        for by_name in [lane, Wake::All, Wake::Subscriptions, Wake::Campaigns] {
            let hub = hub();
            let told_at = Instant::now() + Duration::from_secs(3_600);
            let mut telling = Box::pin(something_to_tell(&hub, Some(told_at)));
            hub.ring(Wake::Events);
            assert!(telling.as_mut().now_or_never().is_none());
            hub.ring(by_name);
            assert!(telling.now_or_never().is_some(), "{by_name:?}");
            assert_eq!(hub.take_untold(), BTreeSet::from([Wake::Events, by_name]));
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
