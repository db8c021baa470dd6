//! What is new of results, heard and passed on: what is kept of them goes out
//! of date, and who waits for them is woken.
//!
//! Three ways lead here. The hub calls at the commit; it is the fastest, and
//! may be missed without harm. The log tells of every result in order. And of
//! dismissals, which no log tells, a replica asks the database once a second.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use entity::CallId;
use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use super::{
    desk::{Desk, Inner},
    store,
    wait::Awaited,
};
use crate::{
    auth::Scope,
    error::Result,
    events::{Cursor, Event, Kind},
    infra::{
        clock::{Millis, millis_of},
        hub::{Listener, Wake},
    },
};

const SWEEP_EVERY: Duration = Duration::from_secs(300);
const ASK_OF_DISMISSALS_EVERY: Duration = Duration::from_secs(1);
/// A dismissal may be committed a while after its time was taken.
const DISMISSED_LATE_BY: Duration = Duration::from_secs(10);
const EVENTS_AT_ONCE: usize = 1_000;

/// What tells that a result has changed, or that there is one now.
const TELLING: [Kind; 3] = [Kind::CallCompleted, Kind::CallFailed, Kind::CallReport];

/// Whose result may be new.
#[derive(Default)]
struct News {
    calls: BTreeSet<CallId>,
    /// A call of the hub was missed.
    of_any: bool,
    /// A part of the log was.
    log_has_a_gap: bool,
}

impl Desk {
    /// The worker: passes on what is new until it is stopped.
    pub async fn follow(self, stop: CancellationToken) -> anyhow::Result<()> {
        let inner = Arc::clone(&self.0);
        let (mut calls, mut log) = (inner.app.hub.listen(), inner.tail.feed().changes());
        let mut cursor = inner.tail.feed().end();
        let mut news = News {
            log_has_a_gap: inner.was_followed.swap(true, Relaxed),
            ..News::default()
        };
        let mut dismissals_asked_at = inner.app.clock.millis() - inner.ttl_millis();
        loop {
            inner.hear_log(&mut cursor, &mut news);
            hear_hub(&mut calls, &mut news);
            if inner.app.db.is_postgres() {
                inner
                    .ask_of_dismissals(&mut dismissals_asked_at, &mut news)
                    .await?;
            }
            inner.pass_on(std::mem::take(&mut news)).await?;
            let woken = async {
                tokio::select! {
                    wake = calls.next() => news.note(wake),
                    // The log's end moves as long as there is a tail.
                    _ = log.changed() => {}
                    () = inner.next_question() => {}
                }
            };
            if stop.run_until_cancelled(woken).await.is_none() {
                return Ok(());
            }
        }
    }

    /// The worker that makes room, and says how much is taken.
    pub async fn sweep(self, stop: CancellationToken) -> anyhow::Result<()> {
        loop {
            self.0.cache.sweep();
            let stock = self.0.cache.stock().await;
            metrics::gauge!("ringback_result_cache_entries").set(stock.size as f64);
            let rest = self.0.app.clock.sleep(SWEEP_EVERY);
            if stop.run_until_cancelled(rest).await.is_none() {
                return Ok(());
            }
        }
    }
}

impl News {
    fn note(&mut self, wake: Option<Wake>) {
        match wake {
            Some(Wake::Result(call)) => drop(self.calls.insert(call)),
            Some(Wake::All) => self.of_any = true,
            _ => {}
        }
    }
}

fn hear_hub(calls: &mut Listener, news: &mut News) {
    while let Some(Some(wake)) = calls.next().now_or_never() {
        news.note(Some(wake));
    }
}

impl Inner {
    fn ttl_millis(&self) -> Millis {
        millis_of(self.app.config.delivery.result_ttl)
    }

    fn hear_log(&self, cursor: &mut Cursor, news: &mut News) {
        let is_news = |event: &&Arc<Event>| {
            self.waiting.is_any_unknown() || TELLING.iter().any(|kind| kind.name() == event.kind)
        };
        let feed = self.tail.feed();
        loop {
            let Some(events) = feed.after(*cursor, EVENTS_AT_ONCE) else {
                news.log_has_a_gap = true;
                *cursor = feed.end();
                return;
            };
            let Some(last) = events.last() else { return };
            *cursor = last.cursor;
            let calls = events
                .iter()
                .filter(is_news)
                .filter_map(|event| event.call_id);
            news.calls.extend(calls);
        }
    }

    async fn next_question(&self) {
        match self.app.db.is_postgres() {
            true => self.app.clock.sleep(ASK_OF_DISMISSALS_EVERY).await,
            false => std::future::pending().await,
        }
    }

    async fn ask_of_dismissals(&self, asked_at: &mut Millis, news: &mut News) -> Result<()> {
        let now = self.app.clock.millis();
        if now - *asked_at < millis_of(ASK_OF_DISMISSALS_EVERY) {
            return Ok(());
        }
        let since = *asked_at - millis_of(DISMISSED_LATE_BY);
        let service = Scope::of_the_service();
        let calls = store::dismissed_since(self.app.db.read(), &service, since).await?;
        news.calls.extend(calls);
        *asked_at = now;
        Ok(())
    }

    /// Those whose result somebody here has, looks for or waits for. Whoever looks later finds what
    /// is new by himself, as it was committed before it was heard of.
    fn of_concern(&self, mut calls: BTreeSet<CallId>) -> BTreeSet<CallId> {
        if !self.flights.is_any() && !self.waiting.is_any_unknown() {
            calls.retain(|call| self.cache.may_hold(*call) || self.waiting.is_for(*call));
        }
        calls
    }

    async fn pass_on(&self, news: News) -> Result<()> {
        if news.log_has_a_gap {
            self.cache.forget().await;
        }
        if news.of_any || news.log_has_a_gap {
            self.waiting.ring_all();
        }
        let calls = self.of_concern(news.calls);
        if calls.is_empty() {
            return Ok(());
        }
        let service = Scope::of_the_service();
        let versions = store::versions(self.app.db.read(), &service, calls.iter().copied());
        for version in versions.await? {
            self.cache.outdate(&version).await;
            self.waiting.ring(&Awaited::Name(version.name()));
            self.waiting.ring(&Awaited::Name(version.id.to_string()));
        }
        // One that another has taken the place of has no version, and is waited for by its own bell.
        for call in calls {
            self.waiting.ring(&Awaited::Call(call));
        }
        Ok(())
    }
}
