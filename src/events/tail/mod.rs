//! The event log, read once a process, in the order in which it can be told.
//!
//! One reader follows the log's end; whoever wants to hear of new events reads
//! the `feed` that it fills: the live streams, and the cache of results. The
//! order is the same for all of them, so a cursor of one says where another
//! one stands.
//!
//! ```text
//!   the log ──▶ tail ──▶ feed, the last few thousand events in memory
//!                 ▲        ├──▶ a stream, from its own cursor
//!      the hub ───┘        └──▶ results, that go out of date
//! ```
//!
//! A position is drawn before its transaction commits, so on PostgreSQL the
//! order is `(transaction, position)`, and only what is older than every
//! transaction that still runs is read: a late commit is then neither skipped
//! nor overtaken. SQLite has one writer, and the position alone says it all.

mod feed;
mod read;

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    error::Result,
    infra::hub::{Listener, Wake},
};

pub use feed::{Event, Feed};
pub use read::{Cursor, Last, Only, after, last};

const EVENTS_PER_READ: u64 = 1_000;
/// A process that was told of nothing looks all the same, where another one
/// may have written.
const LOOK_FOR_OTHERS_EVERY: Duration = Duration::from_secs(1);
/// How long what is new may wait for more where nobody looks out for it. It is read at once for a
/// stream and for who waits for a result; what is kept of results goes out of date by the hub, and
/// here only where that was missed.
const GATHER: Duration = Duration::from_millis(50);
/// How soon to look again where an older transaction hides what is there. It
/// ends by itself and tells nobody, so this is real time, and no deadline.
const LOOK_AGAIN_FOR_HIDDEN: Duration = Duration::from_millis(10);

/// The reader, and what it has read.
#[derive(Clone, Debug)]
pub struct Tail {
    feed: Arc<Feed>,
    audience: watch::Sender<Audience>,
}

/// For whom the log is read.
#[derive(Clone, Copy, Debug, Default)]
struct Audience {
    /// They want to hear of what is new at once.
    looking_out: usize,
    /// Of these, they want the payloads too.
    listening: usize,
}

/// Somebody who wants the payloads too, for as long as this lives.
#[derive(Debug)]
pub struct Listening {
    pub feed: Arc<Feed>,
    audience: watch::Sender<Audience>,
    _lookout: Lookout,
}

/// Somebody for whom the log is read without delay, for as long as this lives.
#[derive(Debug)]
pub struct Lookout(watch::Sender<Audience>);

impl Tail {
    /// Begins at the log's present end.
    pub async fn open(app: &App) -> Result<Self> {
        let end = read::end(&app.db).await?;
        Ok(Self {
            feed: Arc::new(Feed::starting_at(end)),
            audience: watch::Sender::default(),
        })
    }

    /// What was read, for who needs no payloads.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    pub fn listen(&self) -> Listening {
        self.audience.send_modify(|all| all.listening += 1);
        Listening {
            feed: Arc::clone(&self.feed),
            audience: self.audience.clone(),
            _lookout: self.look_out(),
        }
    }

    pub fn look_out(&self) -> Lookout {
        self.audience.send_modify(|all| all.looking_out += 1);
        Lookout(self.audience.clone())
    }

    /// The worker: reads what is new whenever it is told that there is some.
    pub async fn follow(self, app: App, stop: CancellationToken) -> anyhow::Result<()> {
        let mut calls = app.hub.listen();
        loop {
            while calls.next().now_or_never().flatten().is_some() {}
            let is_all = self.read(&app).await?;
            let woken = async {
                match is_all {
                    true => {
                        told(&app, &mut calls).await;
                        self.gather().await;
                    }
                    // Either way it is time to look again.
                    false => drop(timeout(LOOK_AGAIN_FOR_HIDDEN, calls.next()).await),
                }
            };
            if stop.run_until_cancelled(woken).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Waits a moment for more to read, unless somebody looks out for it.
    async fn gather(&self) {
        let mut audience = self.audience.subscribe();
        let looked_out_for = audience.wait_for(|all| all.looking_out > 0);
        // Either way it is time to read.
        let _ = timeout(GATHER, looked_out_for).await;
    }

    /// Reads to the end; false where something is there that cannot be told yet.
    async fn read(&self, app: &App) -> Result<bool> {
        loop {
            let with_payloads = self.audience.borrow().listening > 0;
            let cursor = self.feed.end();
            let next = read::all_after(&app.db, cursor, EVENTS_PER_READ, with_payloads).await?;
            let is_last = next.hides_more || (next.events.len() as u64) < EVENTS_PER_READ;
            self.feed.push(next.events);
            if is_last {
                return Ok(!next.hides_more);
            }
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.audience.send_modify(|all| all.listening -= 1);
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        self.0.send_modify(|all| all.looking_out -= 1);
    }
}

/// Comes back when there may be new events.
async fn told(app: &App, calls: &mut Listener) {
    let called = async {
        // A hub that is gone goes with the process, which stops this worker.
        while let Some(wake) = calls.next().await {
            if matches!(wake, Wake::Events | Wake::All) {
                return;
            }
        }
        std::future::pending::<()>().await;
    };
    if app.db.is_postgres() {
        tokio::select! {
            () = called => {}
            () = app.clock.sleep(LOOK_FOR_OTHERS_EVERY) => {}
        }
    } else {
        called.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_new_waits_for_more_only_while_nobody_looks_out_for_it() {
        let tail = Tail {
            feed: Arc::new(Feed::starting_at(Cursor::START)),
            audience: watch::Sender::default(),
        };
        let mut gathering = Box::pin(tail.gather());
        assert!((&mut gathering).now_or_never().is_none());
        let lookout = tail.look_out();
        assert!(gathering.now_or_never().is_some(), "it is read for him now");
        let listening = tail.listen();
        drop(lookout);
        assert!(
            tail.gather().now_or_never().is_some(),
            "a stream looks out too"
        );
        drop(listening);
        assert!(tail.gather().now_or_never().is_none());
    }
}
