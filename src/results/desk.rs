//! The desk at which results are asked for.
//!
//! ```text
//!   cache ──▶ flight ──▶ database ──▶ CallResult ──▶ cache
//!   a hit     one look   whose, and   the answer's   for the next
//!             for all    is it there? bytes
//! ```
//!
//! What is kept is kept for everybody, and who may see it is decided after it
//! was found. A call that belongs to nobody yet may be claimed, so whoever is
//! refused by the cache is refused only if the database agrees.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::anyhow;
use bytes::Bytes;
use entity::{
    CallId,
    calls::{Model, Outcome},
};

use tokio::sync::watch;

use super::{
    CallResult, Facts,
    cache::{About, Cache, Figures, Kept},
    flight::Flights,
    ready::{Readiness, readiness},
    reported,
    store::{self, Version},
    wait::{Awaited, Waiting},
    wire::OneResult,
};
use crate::{
    app::App,
    auth::Scope,
    contact::{details::Details, named},
    error::{Code, Error, Result},
    events::Tail,
    infra::{
        clock::{Millis, millis_of},
        hub::Wake,
    },
};

#[derive(Clone)]
pub struct Desk(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub app: App,
    pub tail: Tail,
    pub cache: Cache,
    pub waiting: Waiting,
    pub flights: Flights<Seen>,
    hits: AtomicU64,
    misses: AtomicU64,
    /// An earlier run of the follower has ended, and something was missed.
    pub was_followed: AtomicBool,
}

/// What a look finds.
pub(super) enum Found {
    Result(Arc<Kept>),
    /// A call that has none yet, and when it will have one at the latest.
    NotYet(CallId, Option<Millis>),
    /// A call that has none any more.
    Never,
    Nothing,
}

/// What a look finds, whoever looks; of a failure its code and its words.
pub(super) type Seen = std::result::Result<Option<Call>, (Code, String)>;

#[derive(Clone)]
pub(super) struct Call {
    id: CallId,
    owner: Option<String>,
    result: std::result::Result<Arc<Kept>, Readiness>,
}

impl Desk {
    pub async fn open(app: &App, tail: &Tail) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Inner {
            cache: Cache::open(app).await?,
            app: app.clone(),
            tail: tail.clone(),
            waiting: Waiting::default(),
            flights: Flights::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            was_followed: AtomicBool::new(false),
        })))
    }

    /// The result of a call within the scope, waited for no longer than that.
    pub async fn result(
        &self,
        scope: &Scope,
        name: &str,
        wait: Option<Duration>,
    ) -> Result<Option<Arc<Kept>>> {
        match wait {
            Some(wait) => self.0.wait(scope, name, wait).await,
            None => match self.0.look(scope, name).await? {
                Found::Result(kept) => Ok(Some(kept)),
                Found::NotYet(..) | Found::Never | Found::Nothing => Ok(None),
            },
        }
    }

    /// Dismisses a result for good; false where there is none within the scope.
    pub async fn dismiss(&self, scope: &Scope, name: &str) -> Result<bool> {
        let Inner { app, cache, .. } = &*self.0;
        let (scope, name) = (scope.clone(), name.to_owned());
        let (grace, now) = (app.config.delivery.report_grace, app.clock.millis());
        let dismissed: Option<Version> = app
            .db
            .write(move |tx| async move { store::dismiss(&tx, &scope, &name, grace, now).await })
            .await?;
        if let Some(version) = &dismissed {
            cache.outdate(version).await;
            app.hub.ring(Wake::Result(version.id));
        }
        Ok(dismissed.is_some())
    }

    /// How many requests wait here.
    pub fn waiting(&self) -> watch::Receiver<usize> {
        self.0.waiting.count()
    }

    /// Ready once the next news of a call has been passed on here.
    pub fn news_of(&self, call: CallId) -> impl Future<Output = ()> {
        let bell = self.0.waiting.put_up(Awaited::Call(call));
        let rung = bell.rung();
        async move {
            let _bell = bell;
            rung.await;
        }
    }

    pub async fn figures(&self) -> Figures {
        Figures {
            hits: self.0.hits.load(Relaxed),
            misses: self.0.misses.load(Relaxed),
            stock: self.0.cache.stock().await,
        }
    }
}

impl Inner {
    /// Holds a question until there is an answer to it, or the time is up.
    async fn wait(&self, scope: &Scope, name: &str, wait: Duration) -> Result<Option<Arc<Kept>>> {
        let clock = &self.app.clock;
        let until = clock.millis() + millis_of(wait);
        let _room = self.waiting.enter()?;
        let _lookout = self.tail.look_out();
        let mut bell = self.waiting.put_up(Awaited::Name(name.to_owned()));
        loop {
            let rung = bell.rung();
            let due = match self.look(scope, name).await? {
                Found::Result(kept) => return Ok(Some(kept)),
                Found::Never => return Ok(None),
                // Now that it is known, it has a better bell; then we look again.
                Found::NotYet(call, _) if !bell.is_for(&Awaited::Call(call)) => {
                    drop(rung);
                    bell = self.waiting.put_up(Awaited::Call(call));
                    continue;
                }
                Found::NotYet(_, due) => due,
                Found::Nothing => None,
            };
            if until <= clock.millis() {
                return Ok(None);
            }
            tokio::select! {
                () = rung => {}
                () = clock.sleep_until(due.map_or(until, |due| due.min(until))) => {}
                () = self.app.stopping.cancelled() => return Ok(None),
            }
        }
    }

    pub async fn look(&self, scope: &Scope, name: &str) -> Result<Found> {
        if !named::can_be_a_name(name) {
            return Ok(Found::Nothing);
        }
        let kept = self.cache.get(name).await;
        if let Some(kept) = kept.filter(|kept| scope.includes(kept.about.owner.as_deref())) {
            self.hits.fetch_add(1, Relaxed);
            metrics::counter!("ringback_result_cache_hits_total").increment(1);
            return Ok(Found::Result(kept));
        }
        self.misses.fetch_add(1, Relaxed);
        metrics::counter!("ringback_result_cache_misses_total").increment(1);
        let seen = self.flights.look(name, || self.see(name)).await;
        let seen = seen.map_err(|(code, words)| Error::new(code, words))?;
        Ok(match seen {
            Some(call) if scope.includes(call.owner.as_deref()) => match call.result {
                Ok(kept) => Found::Result(kept),
                Err(Readiness::From(due)) => Found::NotYet(call.id, Some(due)),
                Err(Readiness::Never) => Found::Never,
                Err(Readiness::Ready | Readiness::Unknown) => Found::NotYet(call.id, None),
            },
            _ => Found::Nothing,
        })
    }

    async fn see(&self, name: &str) -> Seen {
        let seen = self.read(name).await;
        seen.map_err(|error| {
            let why = error.source_chain().unwrap_or_default();
            tracing::warn!(why, "a result could not be looked for");
            (error.code(), error.message().to_owned())
        })
    }

    /// For all who ask, so it is not anybody's scope that it is read within.
    async fn read(&self, name: &str) -> Result<Option<Call>> {
        let App { db, clock, .. } = &self.app;
        let call = named::find(db.read(), &Scope::of_the_service(), name).await?;
        let Some(call) = call else { return Ok(None) };
        let grace = self.app.config.delivery.report_grace;
        let result = match readiness(&call, grace, clock.millis()) {
            Readiness::Ready => self.make(&call).await?.ok_or(Readiness::Never),
            other => Err(other),
        };
        Ok(Some(Call {
            id: call.id,
            owner: call.owner,
            result,
        }))
    }

    async fn make(&self, call: &Model) -> Result<Option<Arc<Kept>>> {
        let now = self.app.clock.millis();
        let Some(result) = made_of(&self.app, call).await? else {
            return Ok(None);
        };
        let name = result.call_id.clone();
        let answer = serde_json::to_vec(&OneResult::of(result)).map_err(Error::internal)?;
        let kept = Arc::new(Kept {
            about: About {
                name,
                call: call.id,
                owner: call.owner.clone(),
                version: call.result_version,
                since: now,
                until: now + millis_of(self.app.config.delivery.result_ttl),
            },
            body: Bytes::from(answer),
        });
        if is_kept(call) {
            self.cache.put(&kept).await;
            record_patience(call, now);
        }
        Ok(Some(kept))
    }
}

/// Of what changes without a word in the log, nothing is kept: the log does
/// not tell of canceled calls, and what has no report yet may get one.
fn is_kept(call: &Model) -> bool {
    call.result.is_some() && call.outcome != Some(Outcome::Canceled)
}

/// How long a result was there before somebody came for it.
fn record_patience(call: &Model, now: Millis) {
    if let Some(there_since) = call.announced_at.or(call.ended_at) {
        let waited = u64::try_from(now - there_since).unwrap_or(0);
        metrics::histogram!("ringback_result_retrieval_seconds")
            .record(Duration::from_millis(waited));
    }
}

/// The result of a call that somebody may see, made anew; nothing where it has none, or none yet.
pub async fn result_of(app: &App, call: &Model) -> Result<Option<CallResult>> {
    let grace = app.config.delivery.report_grace;
    match readiness(call, grace, app.clock.millis()) {
        Readiness::Ready => made_of(app, call).await,
        Readiness::From(_) | Readiness::Unknown | Readiness::Never => Ok(None),
    }
}

/// Nothing where what was reported is past retention, and the call is not yet.
async fn made_of(app: &App, call: &Model) -> Result<Option<CallResult>> {
    let details = Details::of_call(&app.seal, call).map_err(Error::internal)?;
    let ours = call.id.to_string();
    let name = call.vapi_call_id.as_deref().unwrap_or(&ours);
    let goes_on = || Error::internal(anyhow!("a call that goes on has no result"));
    let facts = Facts::of(call, name, &details.metadata).ok_or_else(goes_on)?;
    let reported = reported::of_call(app.db.read(), &app.seal, call).await?;
    let is_gone = reported.is_none() && call.result.is_some();
    let result = CallResult::of(&facts, &reported.unwrap_or_default().results);
    Ok((!is_gone).then_some(result))
}
