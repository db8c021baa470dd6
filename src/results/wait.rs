//! Who waits for a result, and how they are woken.
//!
//! Waiting costs nothing while nothing happens: whoever waits puts up a bell,
//! looks, and sleeps until the bell is rung, the time is up, or the moment has
//! come at which a call that ended has a result even without a report. The
//! bell is up before the look, so that no commit falls between the two.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use entity::CallId;
use tokio::sync::{Notify, futures::OwnedNotified, watch};

use crate::error::{Code, Error, Result};

const WAITING_MAX: usize = 10_000;
const TRY_AGAIN_AFTER_SECS: u64 = 5;

/// What is waited for: a call, or a name that no call has yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Awaited {
    Call(CallId),
    Name(String),
}

#[derive(Debug)]
pub(super) struct Waiting {
    bells: Mutex<HashMap<Awaited, Arc<Notify>>>,
    count: watch::Sender<usize>,
}

/// Room for one who waits, for as long as this lives.
#[derive(Debug)]
pub(super) struct Room<'a>(&'a Waiting);

/// A bell that is up for as long as this lives.
pub(super) struct Bell<'a> {
    waiting: &'a Waiting,
    awaited: Awaited,
    bell: Arc<Notify>,
}

impl Default for Waiting {
    fn default() -> Self {
        Self {
            bells: Mutex::default(),
            count: watch::Sender::new(0),
        }
    }
}

impl Waiting {
    pub fn enter(&self) -> Result<Room<'_>> {
        let entered = self.count.send_if_modified(|count| {
            let is_room = *count < WAITING_MAX;
            *count += usize::from(is_room);
            is_room
        });
        let full = "As many requests wait here as can: ask again, or without `wait`.";
        match entered {
            true => Ok(Room::of(self)),
            false => Err(Error::new(Code::Unready, full).with_retry_after(TRY_AGAIN_AFTER_SECS)),
        }
    }

    /// How many wait.
    pub fn count(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    pub fn put_up(&self, awaited: Awaited) -> Bell<'_> {
        let bell = Arc::clone(self.bells().entry(awaited.clone()).or_default());
        Bell {
            waiting: self,
            awaited,
            bell,
        }
    }

    pub fn ring(&self, awaited: &Awaited) {
        if let Some(bell) = self.bells().get(awaited) {
            bell.notify_waiters();
        }
    }

    pub fn ring_all(&self) {
        self.bells().values().for_each(|bell| bell.notify_waiters());
    }

    /// Whether somebody waits for a call that is not known here yet.
    pub fn is_any_unknown(&self) -> bool {
        self.bells()
            .keys()
            .any(|awaited| matches!(awaited, Awaited::Name(_)))
    }

    pub fn is_for(&self, call: CallId) -> bool {
        self.bells().contains_key(&Awaited::Call(call))
    }

    fn bells(&self) -> MutexGuard<'_, HashMap<Awaited, Arc<Notify>>> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Room<'a> {
    fn of(waiting: &'a Waiting) -> Self {
        metrics::gauge!("ringback_result_waiting").increment(1.0);
        Self(waiting)
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.0.count.send_modify(|count| *count -= 1);
        metrics::gauge!("ringback_result_waiting").decrement(1.0);
    }
}

impl Bell<'_> {
    /// Ready once it was rung after this call, waited for yet or not.
    pub fn rung(&self) -> OwnedNotified {
        Arc::clone(&self.bell).notified_owned()
    }

    pub fn is_for(&self, awaited: &Awaited) -> bool {
        self.awaited == *awaited
    }
}

impl Drop for Bell<'_> {
    fn drop(&mut self) {
        let mut bells = self.waiting.bells();
        // One of the two is the map's.
        if Arc::strong_count(&self.bell) == 2 {
            bells.remove(&self.awaited);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn name(text: &str) -> Awaited {
        Awaited::Name(text.to_owned())
    }

    #[test]
    fn a_bell_wakes_those_who_put_it_up_before_and_comes_down_with_the_last() {
        let waiting = Waiting::default();
        let (first, second) = (waiting.put_up(name("a")), waiting.put_up(name("a")));
        let (early, other) = (first.rung(), waiting.put_up(name("b")));
        let not_theirs = other.rung();
        waiting.ring(&name("a"));
        assert!(second.rung().now_or_never().is_none(), "it came too late");
        assert!(early.now_or_never().is_some());
        assert!(not_theirs.now_or_never().is_none());
        assert!(waiting.is_any_unknown());
        drop((first, second));
        assert_eq!(waiting.bells().len(), 1);
    }

    #[test]
    fn so_many_may_wait_and_a_place_that_is_left_is_free_again() {
        let waiting = Waiting::default();
        let mut places: Vec<_> = (0..WAITING_MAX).map(|_| waiting.enter().unwrap()).collect();
        assert_eq!(waiting.enter().err().unwrap().code(), Code::Unready);
        places.pop();
        assert!(waiting.enter().is_ok());
    }
}
