//! One client of the stream: where it stands in the log, and what it is given.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use entity::CallId;
use serde::Deserialize;
use tokio::sync::watch;

use super::{Live, frame, places::Place};
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
const EVENTS_PER_FRAME: usize = 64;
const EVENTS_PER_PAGE: u64 = 64;

/// Which events a client wants.
pub(super) struct Wanted {
    pub scope: Scope,
    pub kinds: Vec<Kind>,
    pub call: Option<WantedCall>,
}

/// A call that is not known yet goes by the name that was given.
pub(super) enum WantedCall {
    Known(CallId),
    Named(String),
}

pub(super) struct Reader {
    app: App,
    wanted: Wanted,
    cursor: Cursor,
    /// It was level with the log once, so if it falls behind it is slow.
    keeps_up: bool,
    listening: Listening,
    changes: watch::Receiver<Cursor>,
    heartbeat_at: Millis,
    is_over: bool,
    _place: Place,
}

/// What there is for a client at the moment.
enum Next {
    Events(Vec<Arc<Event>>),
    Nothing,
    TooSlow,
}

impl Reader {
    /// `from`: the place after which to go on; the present end where there is none.
    pub fn new(app: &App, live: &Live, wanted: Wanted, from: Option<Cursor>, place: Place) -> Self {
        let listening = live.tail.listen();
        let changes = listening.feed.changes();
        Self {
            app: app.clone(),
            wanted,
            cursor: from.unwrap_or_else(|| listening.feed.end()),
            keeps_up: from.is_none(),
            listening,
            changes,
            heartbeat_at: app.clock.millis() + millis_of(HEARTBEAT_EVERY),
            is_over: false,
            _place: place,
        }
    }

    /// What to send next; nothing at the end.
    pub async fn next(&mut self) -> Option<Bytes> {
        while !self.is_over {
            self.changes.mark_unchanged();
            match self.read().await {
                Ok(Next::Events(events)) => {
                    let frames = self.frames(&events);
                    if !frames.is_empty() {
                        return Some(frames);
                    }
                }
                Ok(Next::Nothing) => match self.rest().await {
                    Some(heartbeat) => return Some(heartbeat),
                    None => continue,
                },
                Ok(Next::TooSlow) => {
                    return self.end(
                        "TOO_SLOW",
                        "You do not keep up: come back with Last-Event-ID.",
                    );
                }
                Err(error) => {
                    tracing::warn!(cause = ?error.source_chain(), "a stream is cut off");
                    return self.end("STORE_UNAVAILABLE", "Come back with Last-Event-ID.");
                }
            }
        }
        None
    }

    async fn read(&mut self) -> Result<Next> {
        let next = self.listening.feed.after(self.cursor, EVENTS_PER_FRAME);
        match next {
            None if self.keeps_up => Ok(Next::TooSlow),
            Some(events) if events.iter().all(|event| event.has_payload()) => {
                self.keeps_up = true;
                let Some(last) = events.last() else {
                    return Ok(Next::Nothing);
                };
                self.cursor = last.cursor;
                Ok(Next::Events(events))
            }
            _ => self.read_log().await,
        }
    }

    /// What the tail has read can be read by us as well. So once the log has
    /// nothing more for us, we stand at least where the tail stood before.
    async fn read_log(&mut self) -> Result<Next> {
        let end = self.listening.feed.end();
        let only = Only {
            kinds: self.wanted.kinds.clone(),
            call: match &self.wanted.call {
                Some(WantedCall::Known(call)) => Some(*call),
                _ => None,
            },
        };
        let (db, scope) = (&self.app.db, &self.wanted.scope);
        let events = after(db, scope, &only, self.cursor, EVENTS_PER_PAGE).await?;
        self.cursor = match events.last() {
            Some(last) => last.cursor,
            None => self.cursor.max(end),
        };
        Ok(Next::Events(events.into_iter().map(Arc::new).collect()))
    }

    fn frames(&self, events: &[Arc<Event>]) -> Bytes {
        let mut frames = BytesMut::new();
        for event in events.iter().filter(|event| self.wanted.wants(event)) {
            match event.payload(&self.app.seal) {
                Ok(payload) if self.wanted.is_of_call(event, &payload) => {
                    frame::event(event.id, &event.kind, &payload, &mut frames);
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(event = %event.id, cause = ?error.source_chain(), "an event does not open");
                }
            }
        }
        frames.freeze()
    }

    /// Until there is more; with something to say where that takes long.
    async fn rest(&mut self) -> Option<Bytes> {
        tokio::select! {
            // The log's end moves as long as there is a tail.
            _ = self.changes.changed() => None,
            () = self.app.clock.sleep_until(self.heartbeat_at) => {
                self.heartbeat_at = self.app.clock.millis() + millis_of(HEARTBEAT_EVERY);
                Some(frame::HEARTBEAT)
            }
            () = self.app.stopping.cancelled() => {
                self.is_over = true;
                None
            }
        }
    }

    fn end(&mut self, code: &str, message: &str) -> Option<Bytes> {
        self.is_over = true;
        Some(frame::farewell(code, message))
    }
}

impl Wanted {
    fn wants(&self, event: &Event) -> bool {
        let is_kind = self.kinds.is_empty() || self.kinds.iter().any(|it| it.name() == event.kind);
        is_kind && self.scope.includes(event.owner.as_deref())
    }

    fn is_of_call(&self, event: &Event, payload: &[u8]) -> bool {
        match &self.call {
            None => true,
            Some(WantedCall::Known(call)) => event.call_id == Some(*call),
            Some(WantedCall::Named(name)) => {
                let told = serde_json::from_slice::<Told>(payload);
                told.is_ok_and(|told| told.call_id.as_deref() == Some(name))
            }
        }
    }
}

/// What of a payload says which call it is about.
#[derive(Deserialize)]
struct Told {
    #[serde(rename = "callId")]
    call_id: Option<String>,
}
