//! The thread that owns the journal, and what the others see of it.
//!
//! It works in rounds: whatever has queued, up to a limit, is one round, and
//! all appends of a round share one write and one fsync.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread::{Builder, JoinHandle},
};

use tokio::sync::{mpsc::Receiver, oneshot, watch};

use super::{Depth, Record, SpoolError, journal::Journal};
use crate::infra::clock::Clock;

const ROUND_COMMANDS_MAX: usize = 256;
/// No more is added to a round that holds this much.
const ROUND_BYTES_MAX: usize = 8 * 1024 * 1024;

type Reply<T> = oneshot::Sender<T>;

pub(super) enum Command {
    Append(Vec<u8>, Entered, Reply<Result<u64, SpoolError>>),
    Peek(Reply<Result<Vec<Record>, SpoolError>>),
    Done(u64, Reply<()>),
    SetAside(u64, &'static str, Reply<Result<(), SpoolError>>),
}

/// What is known without asking the thread.
#[derive(Default)]
pub(super) struct Shared {
    /// Records on their way in.
    entering: AtomicU64,
    /// Records on disk.
    waiting: AtomicU64,
    depth: watch::Sender<Depth>,
}

/// A record on its way in, until it is on disk and counted, or refused.
pub(super) struct Entered(Arc<Shared>);

impl Shared {
    pub fn enter(this: &Arc<Self>) -> Entered {
        this.entering.fetch_add(1, SeqCst);
        Entered(Arc::clone(this))
    }

    /// In this order: a record waits before it ceases to enter.
    pub fn is_empty(&self) -> bool {
        self.entering.load(SeqCst) == 0 && self.waiting.load(SeqCst) == 0
    }

    pub fn depth(&self) -> Depth {
        *self.depth.borrow()
    }

    /// Waits until there is a record on disk.
    pub async fn filled(&self) {
        let mut depth = self.depth.subscribe();
        // The sender lives in self, so waiting cannot fail.
        let _ = depth.wait_for(|depth| depth.records > 0).await;
    }

    fn show(&self, depth: Depth, clock: &Clock) {
        self.waiting.store(depth.records, SeqCst);
        self.depth.send_replace(depth);
        let oldest_age = depth.oldest_age(clock.millis());
        metrics::gauge!("ringback_spool_records").set(depth.records as f64);
        metrics::gauge!("ringback_spool_bytes").set(depth.bytes as f64);
        metrics::gauge!("ringback_spool_oldest_seconds").set(oldest_age.as_secs_f64());
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.entering.fetch_sub(1, SeqCst);
    }
}

/// Ends when nobody can send it commands any more, after the last one.
pub(super) struct Thread(Option<JoinHandle<()>>);

impl Thread {
    pub fn start(
        mut journal: Journal,
        clock: Clock,
        mut queue: Receiver<Command>,
        shared: Arc<Shared>,
    ) -> std::io::Result<Self> {
        shared.show(journal.depth(), &clock);
        let serve = move || {
            while let Some(round) = round(&mut queue) {
                execute(round, &mut journal, &clock, &shared);
            }
        };
        let thread = Builder::new().name("spool".to_owned()).spawn(serve)?;
        Ok(Self(Some(thread)))
    }
}

impl Drop for Thread {
    /// Waits, so that the folder is free when the spool is gone.
    fn drop(&mut self) {
        if let Some(thread) = self.0.take()
            && thread.join().is_err()
        {
            tracing::error!("the spool's thread panicked");
        }
    }
}

/// Waits for a command and takes along what has queued behind it.
fn round(queue: &mut Receiver<Command>) -> Option<Vec<Command>> {
    let mut round = vec![queue.blocking_recv()?];
    let mut bytes = round[0].bytes();
    while round.len() < ROUND_COMMANDS_MAX
        && bytes < ROUND_BYTES_MAX
        && let Ok(command) = queue.try_recv()
    {
        bytes += command.bytes();
        round.push(command);
    }
    Some(round)
}

impl Command {
    fn bytes(&self) -> usize {
        match self {
            Self::Append(record, ..) => record.len(),
            _ => 0,
        }
    }
}

/// Nobody hears an answer before what it says is shown to all.
fn execute(round: Vec<Command>, journal: &mut Journal, clock: &Clock, shared: &Shared) {
    let (mut records, mut entered) = (Vec::new(), Vec::new());
    for command in round {
        match command {
            Command::Append(record, guard, reply) => {
                records.push(record);
                entered.push((guard, reply));
            }
            Command::Peek(reply) => {
                let peeked = journal.peek().map_err(SpoolError::from);
                shared.show(journal.depth(), clock);
                let _ = reply.send(peeked);
            }
            Command::Done(through, reply) => {
                journal.done(through);
                shared.show(journal.depth(), clock);
                let _ = reply.send(());
            }
            Command::SetAside(sequence, why, reply) => {
                let set = journal.set_aside(sequence, why).map_err(SpoolError::from);
                shared.show(journal.depth(), clock);
                let _ = reply.send(set);
            }
        }
    }
    let kept = journal.append(&records, clock.millis());
    shared.show(journal.depth(), clock);
    for ((guard, reply), kept) in entered.into_iter().zip(kept) {
        drop(guard);
        let _ = reply.send(kept);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    fn append(bytes: usize) -> Command {
        let entered = Shared::enter(&Arc::default());
        Command::Append(vec![0; bytes], entered, oneshot::channel().0)
    }

    #[test]
    fn a_round_is_all_that_has_queued_up_to_its_limits() {
        let (commands, mut queue) = mpsc::channel(1_000);
        let mut lengths_of_rounds_after = |queued: &[usize]| {
            for bytes in queued {
                commands.try_send(append(*bytes)).ok().unwrap();
            }
            let mut lengths = Vec::new();
            while !queue.is_empty() {
                lengths.push(round(&mut queue).unwrap().len());
            }
            lengths
        };
        assert_eq!(lengths_of_rounds_after(&[1]), [1]);
        assert_eq!(lengths_of_rounds_after(&[1; 300]), [256, 44]);
        assert_eq!(lengths_of_rounds_after(&[ROUND_BYTES_MAX, 1, 1]), [1, 2]);
        drop(commands);
        assert!(round(&mut queue).is_none());
    }
}
