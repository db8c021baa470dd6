//! How far a request got, and when.
//!
//! One request goes through parts that know nothing of each other: the
//! resolver of the shared client, its TLS, the connection, our own reading.
//! Each notes its moment here, so that an answer can be shown with its times
//! and a time limit that strikes can say what it struck. The resolver and TLS
//! find the journey of the request that they work for in the task that polls
//! them.

use std::{
    future::Future,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

/// The moments of one request.
#[derive(Debug)]
pub(super) struct Journey {
    started: Instant,
    asked: OnceLock<Instant>,
    resolved: OnceLock<Instant>,
    dialled: OnceLock<Instant>,
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
    /// From there to a TCP connection; next to nothing for a pooled one.
    pub connect: Option<Duration>,
    /// From there to the end of the TLS handshake: none for plain http or a
    /// pooled connection.
    pub tls: Option<Duration>,
    /// From a connection that takes the request to the head of the answer.
    pub first_byte: Option<Duration>,
    pub total: Duration,
}

/// What was being waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The name was being looked up.
    Dns,
    /// A TCP connection was being made.
    Connect,
    /// There was one, and the TLS handshake was going on.
    Tls,
    /// The request was sent; the head of the answer was awaited.
    Answer,
    /// The body of the answer was being read.
    Body,
}

impl Phase {
    /// The name under which it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Answer => "answer",
            Self::Body => "body",
        }
    }
}

impl Journey {
    pub(super) fn begin() -> Arc<Self> {
        Arc::new(Self {
            started: Instant::now(),
            asked: OnceLock::new(),
            resolved: OnceLock::new(),
            dialled: OnceLock::new(),
            connected: OnceLock::new(),
            answered: OnceLock::new(),
        })
    }

    /// Runs a part of the request that may meet the resolver or TLS.
    pub(super) async fn through<F: Future>(self: &Arc<Self>, part: F) -> F::Output {
        HERE.scope(self.clone(), part).await
    }

    /// The name is being looked up, for whoever is being served here.
    pub(super) fn note_asked() {
        Self::note_here(|journey| &journey.asked);
    }

    /// The name has been looked up.
    pub(super) fn note_resolved() {
        Self::note_here(|journey| &journey.resolved);
    }

    /// There is a TCP connection, and TLS begins on it.
    pub(super) fn note_dialled() {
        Self::note_here(|journey| &journey.dialled);
    }

    fn note_here(moment: impl FnOnce(&Self) -> &OnceLock<Instant>) {
        // A connection that nobody waits for any more is finished elsewhere.
        let _ = HERE.try_with(|journey| moment(journey).set(Instant::now()));
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
        let is_past = |moment: &OnceLock<Instant>| moment.get().is_some();
        if is_past(&self.answered) {
            Phase::Body
        } else if is_past(&self.connected) {
            Phase::Answer
        } else if is_past(&self.dialled) {
            Phase::Tls
        } else if is_past(&self.asked) && !is_past(&self.resolved) {
            Phase::Dns
        } else {
            Phase::Connect
        }
    }

    /// The times up to now.
    pub(super) fn timings(&self) -> Timings {
        let [resolved, dialled, connected, answered] = [
            &self.resolved,
            &self.dialled,
            &self.connected,
            &self.answered,
        ]
        .map(|moment| moment.get().copied());
        let between = |from: Option<Instant>, to: Option<Instant>| {
            let from = from.unwrap_or(self.started);
            to.map(|to| to.saturating_duration_since(from))
        };
        Timings {
            dns: between(None, resolved),
            connect: between(resolved, dialled.or(connected)),
            tls: dialled.and_then(|_| between(dialled, connected)),
            first_byte: between(connected, answered),
            total: self.started.elapsed(),
        }
    }
}
