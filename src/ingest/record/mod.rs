//! Keeping what was said: group commit.
//!
//! Events queue while the last commit runs; then all that has queued is
//! committed as one transaction, and each sender is answered. There is no
//! timer: an idle server answers at once, a busy one batches by itself. While
//! a batch is brought to the disk the next one is written. SQLite
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
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
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
    infra::{db::Committed, failpoint, hub::Wake, worker::Workers},
    instances::Membership,
};

const RECORDERS_ON_POSTGRES: usize = 3;
const QUEUE_EVENTS_MAX: usize = 4_096;
const BATCH_EVENTS_MAX: usize = 512;
const BATCH_BYTES_MAX: usize = 4 << 20;
const BATCHES_ON_THEIR_WAY_MAX: usize = 16;
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
    /// Commits of which nobody knows whether they were made.
    unknown: Arc<AtomicU64>,
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

/// A batch that is committed, and on its way to the disk.
struct Kept {
    committed: Committed<(Vec<Recorded>, Handoff)>,
    answers: Vec<oneshot::Sender<Result<Recorded>>>,
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
            unknown: Arc::default(),
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
        self.enter(event).await?.await
    }

    /// Comes back when the event has its place in the queue; what comes back
    /// waits for the rest. Whoever has many, in an order, enters them in it.
    pub async fn enter(
        &self,
        event: Arc<Event>,
    ) -> Result<impl Future<Output = Result<Recorded>> + use<>> {
        // Whoever made it lets go of it last: taking it apart is not the recorder's work.
        let own = Arc::clone(&event);
        let hash = self.by_call.hash_one(event.vapi_call_id());
        let lane = &self.lanes[usize::try_from(hash % self.lanes.len() as u64).unwrap_or(0)];
        let (answer, kept) = oneshot::channel();
        let gone = || Error::store_unavailable(anyhow!("the recorder is gone"));
        lane.queue
            .send(Waiting { event, answer })
            .await
            .map_err(|_| gone())?;
        Ok(async move {
            let _own = own;
            kept.await.map_err(|_| gone())?
        })
    }

    async fn keep(self, lane: usize, app: App, stop: CancellationToken) -> anyhow::Result<()> {
        let mut queue = self.lanes[lane].waiting.lock().await;
        let (kept, to_answer) = mpsc::channel(BATCHES_ON_THEIR_WAY_MAX);
        let answering = tokio::spawn(self.clone().answer(app.clone(), to_answer));
        loop {
            let first = match stop.run_until_cancelled(queue.recv()).await {
                Some(first) => first,
                None => queue.try_recv().ok(),
            };
            let Some(first) = first else { break };
            let batch = fill(first, &mut queue);
            let (started, events) = (Instant::now(), batch.len() as u64);
            self.commit(&app, batch, &kept).await;
            metrics::histogram!("ringback_record_commit_seconds").record(started.elapsed());
            metrics::counter!("ringback_record_events_total").increment(events);
        }
        drop(kept);
        Ok(answering.await?)
    }

    /// Commits a batch; if it fails for an event's own sake, halves it.
    fn commit<'a>(
        &'a self,
        app: &'a App,
        mut batch: Vec<Waiting>,
        kept: &'a mpsc::Sender<Kept>,
    ) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            match self.in_one_transaction(app, &batch).await {
                Ok(committed) => {
                    let answers = batch.into_iter().map(|waiting| waiting.answer).collect();
                    // Who answers is there for as long as this may be sent.
                    let _ = kept.send(Kept { committed, answers }).await;
                }
                Err(failed) if batch.len() > 1 && failed.code() == Code::Internal => {
                    let back = batch.split_off(batch.len() / 2);
                    self.commit(app, batch, kept).await;
                    self.commit(app, back, kept).await;
                }
                Err(failed) => {
                    if failed.code() == Code::StoreUnavailable {
                        self.unknown.fetch_add(1, Ordering::Relaxed);
                    }
                    refuse(batch, &failed);
                }
            }
        })
    }

    /// Under what name calls are recorded. What a commit without an answer may
    /// have queued was handed to no lane; so this process has another name from
    /// then on, and lanes look for what came before, as they do after strangers.
    fn name(&self) -> Uuid {
        let unknown = self.unknown.load(Ordering::Relaxed);
        Uuid::from_u128(self.membership.id().as_u128() ^ u128::from(unknown))
    }

    async fn in_one_transaction(
        &self,
        app: &App,
        batch: &[Waiting],
    ) -> Result<Committed<(Vec<Recorded>, Handoff)>> {
        let mut tries = 0;
        loop {
            tries += 1;
            let keeper = batch::Keeper::of(app, &self.deliveries, self.name());
            let events: Vec<_> = batch.iter().map(|it| Arc::clone(&it.event)).collect();
            let result = app
                .db
                .write_ahead(move |tx| async move { keeper.record(&tx, &events).await })
                .await;
            match result {
                Err(error) if error.was_in_the_way_of_another() && tries < TRIES_MAX => {}
                other => return other,
            }
        }
    }

    /// Tells of each batch when it is durable, in their order.
    async fn answer(self, app: App, mut kept: mpsc::Receiver<Kept>) {
        while let Some(batch) = kept.recv().await {
            let (recorded, handoff) = batch.committed.durable().await;
            failpoint::pass("record.after-commit");
            self.deliveries.take(handoff);
            if recorded.iter().any(|recorded| recorded.awaits_report) {
                self.set_a_time.notify_waiters();
            }
            for (answer, recorded) in batch.answers.into_iter().zip(recorded) {
                recorded.tell(&app);
                // Whoever asked may have hung up; the event is kept all the same.
                let _ = answer.send(Ok(recorded));
            }
            failpoint::pass("record.answered");
        }
    }
}

fn refuse(batch: Vec<Waiting>, failed: &Error) {
    let why = failed.source_chain().unwrap_or_default();
    tracing::error!(events = batch.len(), why, "events could not be recorded");
    for waiting in batch {
        let failed = Error::new(failed.code(), failed.to_string());
        let _ = waiting.answer.send(Err(failed));
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
