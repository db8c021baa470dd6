//! How far a request got, and when.
//!
//! One request goes through parts that know nothing of each other: the
//! resolver of the shared client, the connection, our own reading. Each notes
//! its moment here, so that an answer can be shown with its times and a time
//! limit that strikes can say what it struck. The resolver finds the journey
//! of the request that it works for in the task that polls it.

use std::{
    future::Future,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

/// The moments of one request.
#[derive(Debug)]
pub(super) struct Journey {
    started: Instant,
    resolved: OnceLock<Instant>,
    connected: OnceLock<Instant>,
    answered: OnceLock<Instant>,
}

tokio::task_local! {
    static HERE: Arc<Journey>;
}

/// Where a request spent its time; what did not happen has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timings {
    /// Looking the name up: none for a literal address or a pooled connection.
    pub dns: Option<Duration>,
    /// From there to a connection that takes the request, TLS included; next
    /// to nothing for a pooled one.
    pub connect: Option<Duration>,
    /// From there to the head of the answer.
    pub first_byte: Option<Duration>,
    pub total: Duration,
}

/// What was being waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The name was being looked up, or a connection made.
    Connect,
    /// The request was sent; the head of the answer was awaited.
    Answer,
    /// The body of the answer was being read.
    Body,
}

impl Journey {
    pub(super) fn begin() -> Arc<Self> {
        Arc::new(Self {
            started: Instant::now(),
            resolved: OnceLock::new(),
            connected: OnceLock::new(),
            answered: OnceLock::new(),
        })
    }

    /// Runs a part of the request that may meet the resolver.
    pub(super) async fn through<F: Future>(self: &Arc<Self>, part: F) -> F::Output {
        HERE.scope(self.clone(), part).await
    }

    /// The name has been looked up, for whoever is being served here.
    pub(super) fn note_resolved() {
        // A connection that nobody waits for any more is finished elsewhere.
        let _ = HERE.try_with(|journey| journey.resolved.set(Instant::now()));
    }

    /// A connection is ready for the request.
    pub(super) fn note_connected(&self) {
        let _ = self.connected.set(Instant::now());
    }

    /// The head of the answer is here.
    pub(super) fn note_answered(&self) {
        let _ = self.answered.set(Instant::now());
    }

    pub(super) fn phase(&self) -> Phase {
        match (self.answered.get(), self.connected.get()) {
            (Some(_), _) => Phase::Body,
            (None, Some(_)) => Phase::Answer,
            (None, None) => Phase::Connect,
        }
    }

    /// The times up to now.
    pub(super) fn timings(&self) -> Timings {
        let [resolved, connected, answered] =
            [&self.resolved, &self.connected, &self.answered].map(|moment| moment.get().copied());
        let between = |from: Option<Instant>, to: Option<Instant>| {
            let from = from.unwrap_or(self.started);
            to.map(|to| to.saturating_duration_since(from))
        };
        Timings {
            dns: between(None, resolved),
            connect: between(resolved, connected),
            first_byte: between(connected, answered),
            total: self.started.elapsed(),
        }
    }
}
