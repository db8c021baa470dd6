//! The last events in memory, for any number of readers, each at a place of
//! its own. What it holds is bounded in number and in bytes: who falls behind
//! its old end is told so, and reads the log instead.

use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use bytes::Bytes;
use entity::{CallId, EventId, Sealed};
use tokio::sync::watch;

use super::Cursor;
use crate::{
    error::{Error, Result},
    infra::seal::{Place, Seal},
};

const EVENTS_MAX: usize = 4_096;
const BYTES_MAX: usize = 16 << 20;
/// What an event weighs beside its payload, about.
const BYTES_OF_THE_REST: usize = 256;

/// An event as it stands in the log.
#[derive(Debug)]
pub struct Event {
    pub cursor: Cursor,
    pub id: EventId,
    pub kind: String,
    pub owner: Option<String>,
    pub call_id: Option<CallId>,
    /// Not read while nobody wanted it.
    pub(super) sealed: Option<Sealed>,
    pub(super) opened: OnceLock<Bytes>,
}

#[derive(Debug)]
pub struct Feed {
    ring: RwLock<Ring>,
    end: watch::Sender<Cursor>,
}

#[derive(Debug)]
struct Ring {
    events: VecDeque<Arc<Event>>,
    bytes: usize,
    /// All that follows this is here.
    floor: Cursor,
}

impl Feed {
    pub(super) fn starting_at(end: Cursor) -> Self {
        let ring = Ring {
            events: VecDeque::new(),
            bytes: 0,
            floor: end,
        };
        Self {
            ring: RwLock::new(ring),
            end: watch::Sender::new(end),
        }
    }

    /// The last event that was read.
    pub fn end(&self) -> Cursor {
        *self.end.borrow()
    }

    /// Hears whenever the end moves.
    pub fn changes(&self) -> watch::Receiver<Cursor> {
        self.end.subscribe()
    }

    /// The next events after a place, at most so many; nothing where some of
    /// them are in memory no more.
    pub fn after(&self, cursor: Cursor, limit: usize) -> Option<Vec<Arc<Event>>> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        if cursor < ring.floor {
            return None;
        }
        let first = ring.events.partition_point(|event| event.cursor <= cursor);
        let next = ring.events.range(first..).take(limit).cloned();
        Some(next.collect())
    }

    pub(super) fn push(&self, events: Vec<Event>) {
        let Some(end) = events.last().map(|event| event.cursor) else {
            return;
        };
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            ring.bytes += event.weight();
            ring.events.push_back(Arc::new(event));
        }
        ring.forget_the_oldest();
        drop(ring);
        self.end.send_replace(end);
    }
}

impl Ring {
    fn forget_the_oldest(&mut self) {
        while self.events.len() > EVENTS_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.events.pop_front() else {
                return;
            };
            self.bytes -= oldest.weight();
            self.floor = oldest.cursor;
        }
    }
}

impl Event {
    pub fn has_payload(&self) -> bool {
        self.sealed.is_some()
    }

    /// The exact bytes that are told, opened once for everybody.
    pub fn payload(&self, seal: &Seal) -> Result<Bytes> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened.clone());
        }
        let place = Place {
            table: "events",
            column: "payload",
            row: self.id.as_bytes(),
        };
        let sealed = self.sealed.as_ref().map_or(&[][..], |sealed| &sealed.0);
        let plain = seal.open(place, sealed).map_err(Error::internal)?;
        let bytes = Bytes::copy_from_slice(&plain);
        Ok(self.opened.get_or_init(|| bytes).clone())
    }

    /// With room for the payload in its opened form.
    fn weight(&self) -> usize {
        let sealed = self.sealed.as_ref().map_or(0, |sealed| sealed.0.len());
        BYTES_OF_THE_REST + 2 * sealed
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn event(at: i64, bytes: usize) -> Event {
        Event {
            cursor: Cursor::at(0, at),
            id: EventId::from_uuid(Uuid::nil()),
            kind: String::new(),
            owner: None,
            call_id: None,
            sealed: Some(Sealed(vec![0; bytes])),
            opened: OnceLock::new(),
        }
    }

    fn positions(feed: &Feed, after: i64) -> Option<Vec<Cursor>> {
        let events = feed.after(Cursor::at(0, after), 3)?;
        Some(events.iter().map(|event| event.cursor).collect())
    }

    #[test]
    fn each_reader_goes_on_from_its_own_place() {
        let feed = Feed::starting_at(Cursor::at(0, 4));
        feed.push((5..9).map(|at| event(at, 0)).collect());
        let cursors =
            |range: std::ops::Range<i64>| Some(range.map(|at| Cursor::at(0, at)).collect());
        assert_eq!(positions(&feed, 4), cursors(5..8));
        assert_eq!(positions(&feed, 7), cursors(8..9));
        assert_eq!(positions(&feed, 8), cursors(0..0));
        assert_eq!(positions(&feed, 3), None, "what came before was never read");
    }

    #[test]
    fn the_oldest_are_forgotten_by_number_and_by_bytes_and_who_missed_them_is_told() {
        let feed = Feed::starting_at(Cursor::at(0, 0));
        feed.push((1..=EVENTS_MAX as i64 + 2).map(|at| event(at, 0)).collect());
        assert_eq!(positions(&feed, 1), None);
        assert!(positions(&feed, 2).is_some());
        let end = feed.end();
        feed.push(vec![
            event(90_000, BYTES_MAX / 4),
            event(90_001, BYTES_MAX / 4),
        ]);
        assert!(feed.after(end, 1).is_none());
        assert!(positions(&feed, 90_000).is_some());
    }
}
