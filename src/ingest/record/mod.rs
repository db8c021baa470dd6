//! Keeping what was said: group commit.
//!
//! Events queue while the last commit runs; then all that has queued is
//! committed as one transaction, and each sender is answered. While a batch is
//! brought to the disk the next one is written. So an idle server answers at
//! once, and a busy one batches by itself; on PostgreSQL, where an event alone
//! costs more than waiting for company does, a batch of a flow waits for some
//! milliseconds (`patience`). SQLite has one recorder, because it has one
//! writer; PostgreSQL has two, and one call's events always go to the same one,
//! so they stay in order. An event that cannot be kept for its own sake is found
//! by halving the batch, and fails alone. Where the database is away, what had
//! come by then is turned back with the batch that found out, so that nothing
//! overtakes it.

mod answer;
mod arrival;
mod batch;
mod commit;
mod gather;
mod held;
mod identities;
mod over;
mod overdue;
mod patience;
mod rows;

use std::{
    future::Future,
    hash::{BuildHasher, RandomState},
    sync::{Arc, atomic::AtomicU64},
    time::Instant,
};

use anyhow::anyhow;
use entity::CallId;
use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use self::{answer::Answer, gather::gather, patience::Patience};
pub use self::{
    answer::{Answered, Refused, Turn},
    arrival::Arrival,
};
use super::event::Event;
use crate::{
    app::App,
    calls::ended::Ended,
    delivery::Deliveries,
    error::{Error, Result},
    infra::worker::Workers,
    instances::Membership,
};

/// While one waits for its commit the other writes. Three make no more of it, in smaller batches.
const RECORDERS_ON_POSTGRES: usize = 2;
const QUEUE_EVENTS_MAX: usize = 4_096;
const BATCHES_ON_THEIR_WAY_MAX: usize = 16;

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
    is_postgres: bool,
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
    /// How often the database was away, so that events were turned back; of
    /// the commits among them nobody knows whether they were made.
    turned_back: AtomicU64,
}

#[derive(Debug)]
struct Waiting {
    event: Arc<Event>,
    arrival: Arrival,
    answer: Answer,
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
                turned_back: AtomicU64::new(0),
            }
        });
        Self {
            is_postgres,
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
        Ok(self.enter(event, self.arrival()).await?.await?)
    }

    /// Comes back when the event has its place in the queue; what comes back
    /// waits for the rest. Whoever has many, in an order, enters them in it.
    pub async fn enter(
        &self,
        event: Arc<Event>,
        arrival: Arrival,
    ) -> Result<impl Future<Output = Answered> + use<>> {
        // Whoever made it lets go of it last: taking it apart is not the recorder's work.
        let own = Arc::clone(&event);
        let hash = self.by_call.hash_one(event.vapi_call_id());
        let lane = &self.lanes[usize::try_from(hash % self.lanes.len() as u64).unwrap_or(0)];
        let (answer, kept) = oneshot::channel();
        let gone = || Error::store_unavailable(anyhow!("the recorder is gone"));
        let waiting = Waiting {
            event,
            arrival,
            answer,
        };
        lane.queue.send(waiting).await.map_err(|_| gone())?;
        Ok(async move {
            let _own = own;
            kept.await.map_err(|_| gone())?
        })
    }

    async fn keep(self, lane: usize, app: App, stop: CancellationToken) -> anyhow::Result<()> {
        let mut queue = self.lanes[lane].waiting.lock().await;
        let (kept, to_answer) = mpsc::channel(BATCHES_ON_THEIR_WAY_MAX);
        let answering = tokio::spawn(answer::answer(self.clone(), app.clone(), to_answer));
        let now = tokio::time::Instant::now();
        let mut patience = match self.is_postgres {
            true => Patience::new(now),
            false => Patience::none(now),
        };
        loop {
            let first = match stop.run_until_cancelled(queue.recv()).await {
                Some(first) => first,
                None => queue.try_recv().ok(),
            };
            let Some(first) = first else { break };
            let batch = gather(first, &mut queue, &mut patience).await;
            let (started, events) = (Instant::now(), batch.len() as u64);
            self.commit(&app, lane, batch, &kept).await;
            metrics::histogram!("ringback_record_commit_seconds").record(started.elapsed());
            metrics::counter!("ringback_record_events_total").increment(events);
        }
        drop(kept);
        Ok(answering.await?)
    }
}
