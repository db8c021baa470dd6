//! One client of the stream: where it stands in the log, and what it is given.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use entity::CallId;
use futures_util::{Stream, stream};
use serde::Deserialize;
use tokio::sync::watch;

use super::{Live, Standing, places::Place};
use crate::{
    app::App,
    auth::Scope,
    error::Result,
    events::{
        Cursor, Event, Kind,
        tail::{Listening, Only, after},
    },
    infra::clock::{Millis, millis_of},
};

const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);
const EVENTS_AT_ONCE: usize = 64;
const EVENTS_PER_PAGE: u64 = 64;

/// Which events a client wants.
pub(super) struct Wanted {
    pub scope: Scope,
    pub kinds: Vec<Kind>,
    pub call: Option<WantedCall>,
}

pub(super) enum WantedCall {
    Known(CallId),
    /// It is not known yet, and goes by the name that was given.
    Named(String),
    /// The caller's own, with what was told of it before anybody had it.
    Whole(CallId),
}

/// What a client is given next.
pub(super) enum Next {
    Events(Vec<Told>),
    /// It has been quiet for a while.
    Heartbeat,
    Over(Ending),
}

/// An event, opened.
pub(super) struct Told {
    pub event: Arc<Event>,
    pub payload: Bytes,
}

/// Why there is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Stopping,
    TooSlow,
    StoreUnavailable,
    NotLetIn,
}

pub(super) struct Reader {
    app: App,
    wanted: Wanted,
    standing: Standing,
    cursor: Cursor,
    /// It was level with the log once, so if it falls behind it is slow.
    keeps_up: bool,
    listening: Listening,
    changes: watch::Receiver<Cursor>,
    heartbeat_at: Millis,
    is_over: bool,
    _place: Place,
}

/// What there is in the log at the moment.
enum Found {
    Events(Vec<Arc<Event>>),
    Nothing,
    Forgotten,
}

impl Reader {
    /// `from`: the place after which to go on; the present end where there is none.
    pub fn new(
        app: &App,
        live: &Live,
        standing: Standing,
        wanted: Wanted,
        from: Option<Cursor>,
        place: Place,
    ) -> Self {
        let listening = live.tail.listen();
        let changes = listening.feed.changes();
        Self {
            app: app.clone(),
            wanted,
            standing,
            cursor: from.unwrap_or_else(|| listening.feed.end()),
            keeps_up: from.is_none(),
            listening,
            changes,
            heartbeat_at: app.clock.millis() + millis_of(HEARTBEAT_EVERY),
            is_over: false,
            _place: place,
        }
    }

    /// All that there is to give, up to its end. Whoever stops waiting for
    /// what is next, and waits again, misses nothing.
    pub fn into_stream(self) -> impl Stream<Item = Next> {
        stream::unfold(self, |mut reader| async {
            Some((reader.next().await?, reader))
        })
    }

    /// What to give next; nothing after the end.
    async fn next(&mut self) -> Option<Next> {
        while !self.is_over {
            self.changes.mark_unchanged();
            let next = match self.read().await {
                Ok(Found::Events(events)) => self.told(&events).await,
                Ok(Found::Nothing) => self.rest().await,
                Ok(Found::Forgotten) => Some(Next::Over(Ending::TooSlow)),
                Err(error) => {
                    tracing::warn!(cause = ?error.source_chain(), "a stream is cut off");
                    Some(Next::Over(Ending::StoreUnavailable))
                }
            };
            self.is_over = matches!(next, Some(Next::Over(_)));
            if next.is_some() {
                return next;
            }
        }
        None
    }

    async fn read(&mut self) -> Result<Found> {
        let next = self.listening.feed.after(self.cursor, EVENTS_AT_ONCE);
        match next {
            None if self.keeps_up => Ok(Found::Forgotten),
            Some(events) if events.iter().all(|event| event.has_payload()) => {
                self.keeps_up = true;
                let Some(last) = events.last() else {
                    return Ok(Found::Nothing);
                };
                self.cursor = last.cursor;
                Ok(Found::Events(events))
            }
            _ => self.read_log().await,
        }
    }

    /// What the tail has read can be read by us as well. So once the log has
    /// nothing more for us, we stand at least where the tail stood before.
    async fn read_log(&mut self) -> Result<Found> {
        let end = self.listening.feed.end();
        let only = self.wanted.only();
        let (db, scope) = (&self.app.db, &self.wanted.scope);
        let events = after(db, scope, &only, self.cursor, EVENTS_PER_PAGE).await?;
        self.cursor = match events.last() {
            Some(last) => last.cursor,
            None => self.cursor.max(end),
        };
        Ok(Found::Events(events.into_iter().map(Arc::new).collect()))
    }

    /// What of these is for this client, while it is still let in.
    async fn told(&mut self, events: &[Arc<Event>]) -> Option<Next> {
        let wanted = events.iter().filter(|event| self.wanted.wants(event));
        let told: Vec<_> = wanted.filter_map(|event| self.open(event)).collect();
        match told.is_empty() || self.is_let_in().await {
            true => (!told.is_empty()).then_some(Next::Events(told)),
            false => Some(Next::Over(Ending::NotLetIn)),
        }
    }

    fn open(&self, event: &Arc<Event>) -> Option<Told> {
        let payload = event.payload(&self.app.seal).inspect_err(|error| {
            tracing::error!(event = %event.id, cause = ?error.source_chain(), "an event does not open");
        });
        let payload = payload.ok()?;
        let event = Arc::clone(event);
        (self.wanted.is_of_call(&event, &payload)).then_some(Told { event, payload })
    }

    async fn is_let_in(&mut self) -> bool {
        self.standing.holds(self.app.clock.millis()).await
    }

    /// Until there is more; with something to say where that takes long.
    async fn rest(&mut self) -> Option<Next> {
        tokio::select! {
            // The log's end moves as long as there is a tail.
            _ = self.changes.changed() => return None,
            () = self.app.stopping.cancelled() => return Some(Next::Over(Ending::Stopping)),
            () = self.app.clock.sleep_until(self.heartbeat_at) => {}
        }
        self.heartbeat_at = self.app.clock.millis() + millis_of(HEARTBEAT_EVERY);
        Some(match self.is_let_in().await {
            true => Next::Heartbeat,
            false => Next::Over(Ending::NotLetIn),
        })
    }
}

impl Wanted {
    /// As far as the log itself can tell.
    pub fn only(&self) -> Only {
        let (call, also_nobodys) = match &self.call {
            Some(WantedCall::Known(call)) => (Some(*call), false),
            Some(WantedCall::Whole(call)) => (Some(*call), true),
            Some(WantedCall::Named(_)) | None => (None, false),
        };
        Only {
            call,
            also_nobodys,
            kinds: self.kinds.clone(),
        }
    }

    fn wants(&self, event: &Event) -> bool {
        let is_kind = self.kinds.is_empty() || self.kinds.iter().any(|it| it.name() == event.kind);
        is_kind && self.is_theirs(event)
    }

    fn is_theirs(&self, event: &Event) -> bool {
        let is_whole =
            matches!(self.call, Some(WantedCall::Whole(call)) if event.call_id == Some(call));
        self.scope.includes(event.owner.as_deref()) || is_whole && event.owner.is_none()
    }

    fn is_of_call(&self, event: &Event, payload: &[u8]) -> bool {
        match &self.call {
            None => true,
            Some(WantedCall::Known(call) | WantedCall::Whole(call)) => event.call_id == Some(*call),
            Some(WantedCall::Named(name)) => {
                let about = serde_json::from_slice::<About>(payload);
                about.is_ok_and(|about| about.call_id.as_deref() == Some(name))
            }
        }
    }
}

/// What of a payload says which call it is about.
#[derive(Deserialize)]
struct About {
    #[serde(rename = "callId")]
    call_id: Option<String>,
}
