//! Gathering a batch: what has queued while the one before was written, and, in
//! a flow, who comes a moment later.

use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use super::{Waiting, patience::Patience};

const BATCH_EVENTS_MAX: usize = 512;
const BATCH_BYTES_MAX: usize = 4 << 20;

/// A batch that begins with this one.
pub(super) async fn gather(
    first: Waiting,
    queue: &mut mpsc::Receiver<Waiting>,
    patience: &mut Patience,
) -> Vec<Waiting> {
    let mut batch = Batch::of(first);
    batch.fill(queue);
    let (wanted, until) = patience.wanted(Instant::now());
    while batch.events.len() < wanted && !batch.is_full() {
        let Ok(Some(next)) = timeout_at(until, queue.recv()).await else {
            break;
        };
        batch.add(next);
        batch.fill(queue);
    }
    patience.came(Instant::now(), batch.events.len());
    batch.events
}

struct Batch {
    events: Vec<Waiting>,
    bytes: usize,
}

impl Batch {
    fn of(first: Waiting) -> Self {
        Self {
            bytes: first.event.bytes(),
            events: vec![first],
        }
    }

    /// Takes along what has queued.
    fn fill(&mut self, queue: &mut mpsc::Receiver<Waiting>) {
        while !self.is_full() {
            let Ok(next) = queue.try_recv() else { break };
            self.add(next);
        }
    }

    /// A transaction takes no more.
    fn is_full(&self) -> bool {
        self.events.len() >= BATCH_EVENTS_MAX || self.bytes >= BATCH_BYTES_MAX
    }

    fn add(&mut self, next: Waiting) {
        self.bytes += next.event.bytes();
        self.events.push(next);
    }
}
