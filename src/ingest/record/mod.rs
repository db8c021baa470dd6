//! Keeping what was said: group commit.
//!
//! Events queue while the last commit runs; then all that has queued is
//! committed as one transaction, and each sender is answered. There is no
//! timer: an idle server answers at once, a busy one batches by itself. SQLite
//! has one recorder, because it has one writer; PostgreSQL has a few, and one
//! call's events always go to the same one, so they stay in order. An event
//! that cannot be kept for its own sake is found by halving the batch, and
//! fails alone.

mod batch;
mod held;
mod identities;
mod over;
mod overdue;
mod rows;

use std::{
    future::Future,
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Instant,
};

use anyhow::anyhow;
use entity::CallId;
use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::event::Event;
use crate::{
    app::App,
    calls::ended::Ended,
    delivery::{Deliveries, Handoff},
    error::{Code, Error, Result},
    infra::{hub::Wake, worker::Workers},
    instances::Membership,
};

const RECORDERS_ON_POSTGRES: usize = 3;
const QUEUE_EVENTS_MAX: usize = 4_096;
const BATCH_EVENTS_MAX: usize = 512;
const BATCH_BYTES_MAX: usize = 4 << 20;
/// Another replica may make the same call's row at the same moment.
const TRIES_MAX: usize = 3;

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// It was known already, and changed nothing.
    pub duplicate: bool,
    pub call_id: Option<CallId>,
    /// The call has ended, and is told of when its report has come or its
    /// time is up.
    pub awaits_report: bool,
    pub change: Change,
}

/// What an event changed of its call that others wait for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The call has a new result, or it is known when it will have one.
    pub of_result: bool,
    /// The call ended by it.
    pub end: Option<Ended>,
    /// What of its structured data is not as it was asked for.
    pub off_shape: Vec<String>,
}

/// The way to the recorders.
#[derive(Clone, Debug)]
pub struct Recorder {
    lanes: Arc<[Lane]>,
    by_call: RandomState,
    /// Told after a commit that set a time to tell of a call.
    set_a_time: Arc<Notify>,
    deliveries: Deliveries,
    membership: Membership,
}

/// A queue with one recorder at its end, which holds on to it while it works.
#[derive(Debug)]
struct Lane {
    queue: mpsc::Sender<Waiting>,
    waiting: Mutex<mpsc::Receiver<Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    event: Arc<Event>,
    answer: oneshot::Sender<Result<Recorded>>,
}

impl Recorder {
    pub fn new(is_postgres: bool, deliveries: Deliveries, membership: Membership) -> Self {
        let count = if is_postgres {
            RECORDERS_ON_POSTGRES
        } else {
            1
        };
        let lanes = (0..count).map(|_| {
            let (queue, waiting) = mpsc::channel(QUEUE_EVENTS_MAX);
            Lane {
                queue,
                waiting: Mutex::new(waiting),
            }
        });
        Self {
            lanes: lanes.collect(),
            by_call: RandomState::new(),
            set_a_time: Arc::default(),
            deliveries,
            membership,
        }
    }

    /// The workers: one at each queue, until they are stopped and have kept
    /// what had queued by then.
    pub fn supervise(&self, app: &App, workers: &Workers) {
        for lane in 0..self.lanes.len() {
            let (app, recorder) = (app.clone(), self.clone());
            workers.supervise("recorder", move |stop| {
                recorder.clone().keep(lane, app.clone(), stop)
            });
        }
    }

    /// Becomes ready when a later commit has set a time to tell of a call.
    pub fn set_a_time(&self) -> impl Future<Output = ()> + '_ {
        self.set_a_time.notified()
    }

    /// Tells of calls whose report is overdue, some at a time; how many it were.
    pub async fn announce_due(&self, app: &App) -> Result<u64> {
        overdue::announce_due(app, &self.deliveries).await
    }

    /// Keeps an event; comes back when it is durable, or why it is not.
    pub async fn record(&self, event: Arc<Event>) -> Result<Recorded> {
        let hash = self.by_call.hash_one(event.vapi_call_id());
        let lane = &self.lanes[usize::try_from(hash % self.lanes.len() as u64).unwrap_or(0)];
        let (answer, kept) = oneshot::channel();
        let gone = || Error::store_unavailable(anyhow!("the recorder is gone"));
        lane.queue
            .send(Waiting { event, answer })
            .await
            .map_err(|_| gone())?;
        kept.await.map_err(|_| gone())?
    }

    async fn keep(self, lane: usize, app: App, stop: CancellationToken) -> anyhow::Result<()> {
        let mut queue = self.lanes[lane].waiting.lock().await;
        loop {
            let first = match stop.run_until_cancelled(queue.recv()).await {
                Some(first) => first,
                None => queue.try_recv().ok(),
            };
            let Some(first) = first else { return Ok(()) };
            self.keep_batch(&app, fill(first, &mut queue)).await;
        }
    }

    async fn keep_batch(&self, app: &App, batch: Vec<Waiting>) {
        let (events, answers): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|w| (w.event, w.answer)).unzip();
        let started = Instant::now();
        let kept = commit(app, &self.deliveries, self.membership.id(), events).await;
        metrics::histogram!("ringback_record_commit_seconds").record(started.elapsed());
        metrics::counter!("ringback_record_events_total").increment(answers.len() as u64);
        if kept.iter().flatten().any(|recorded| recorded.awaits_report) {
            self.set_a_time.notify_waiters();
        }
        kept.iter()
            .flatten()
            .for_each(|recorded| recorded.tell(app));
        for (answer, result) in answers.into_iter().zip(kept) {
            // Whoever asked may have hung up; the event is kept all the same.
            let _ = answer.send(result);
        }
    }
}

impl Recorded {
    fn tell(&self, app: &App) {
        if let (Some(call), true) = (self.call_id, self.change.of_result) {
            app.hub.ring(Wake::Result(call));
        }
        if let Some(end) = &self.change.end {
            end.count();
        }
        if let (Some(call), false) = (self.call_id, self.change.off_shape.is_empty()) {
            let what = self.change.off_shape.join("; ");
            tracing::warn!(%call, what, "a call's structured data is not as it was asked for");
        }
    }
}

/// Takes along what has queued meanwhile, up to the limits of a transaction.
fn fill(first: Waiting, queue: &mut mpsc::Receiver<Waiting>) -> Vec<Waiting> {
    let mut bytes = first.event.bytes();
    let mut batch = vec![first];
    while batch.len() < BATCH_EVENTS_MAX && bytes < BATCH_BYTES_MAX {
        let Ok(next) = queue.try_recv() else { break };
        bytes += next.event.bytes();
        batch.push(next);
    }
    batch
}

/// Commits a batch; if it fails for an event's own sake, halves it.
fn commit<'a>(
    app: &'a App,
    deliveries: &'a Deliveries,
    instance: Uuid,
    events: Vec<Arc<Event>>,
) -> BoxFuture<'a, Vec<Result<Recorded>>> {
    Box::pin(async move {
        let failed = match in_one_transaction(app, deliveries, instance, &events).await {
            Ok((recorded, handoff)) => {
                deliveries.take(handoff);
                return recorded.into_iter().map(Ok).collect();
            }
            Err(error) => error,
        };
        if events.len() > 1 && failed.code() == Code::Internal {
            let (front, back) = events.split_at(events.len() / 2);
            let mut results = commit(app, deliveries, instance, front.to_vec()).await;
            results.extend(commit(app, deliveries, instance, back.to_vec()).await);
            return results;
        }
        let why = failed.source_chain().unwrap_or_default();
        tracing::error!(events = events.len(), why, "events could not be recorded");
        events
            .iter()
            .map(|_| Err(Error::new(failed.code(), failed.to_string())))
            .collect()
    })
}

async fn in_one_transaction(
    app: &App,
    deliveries: &Deliveries,
    instance: Uuid,
    events: &[Arc<Event>],
) -> Result<(Vec<Recorded>, Handoff)> {
    let mut tries = 0;
    loop {
        tries += 1;
        let (keeper, batch) = (
            batch::Keeper::of(app, deliveries, instance),
            events.to_vec(),
        );
        let result = app
            .db
            .write(move |tx| async move { keeper.record(&tx, &batch).await })
            .await;
        match result {
            Err(error) if error.was_in_the_way_of_another() && tries < TRIES_MAX => {}
            other => return other,
        }
    }
}
