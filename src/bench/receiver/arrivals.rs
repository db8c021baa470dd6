//! Which subscriber has heard of which call, and when first.

use std::{
    collections::HashSet,
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use crate::bench::load::letter;

/// Stands near the beginning of every delivery, before the call's id.
const CALL_ID: &[u8] = b"\"callId\":\"";
const BEGINNING_BYTES: usize = 256;

#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// The call's.
    pub number: u64,
    pub at: Instant,
}

#[derive(Default)]
pub struct Arrivals {
    heard: Mutex<Heard>,
    count: AtomicU64,
    repeats: AtomicU64,
}

#[derive(Default)]
struct Heard {
    arrivals: Vec<Arrival>,
    known: HashSet<(u32, u64)>,
    /// What is older belongs to a measurement that is over.
    first: u64,
}

impl Arrivals {
    pub(super) fn note(&self, subscriber: u32, body: &[u8], at: Instant) {
        let Some(number) = number(body) else { return };
        let mut heard = self.heard();
        if number < heard.first {
            return;
        }
        if heard.known.insert((subscriber, number)) {
            heard.arrivals.push(Arrival { number, at });
            self.count.fetch_add(1, Relaxed);
        } else {
            self.repeats.fetch_add(1, Relaxed);
        }
    }

    /// How many there are; what comes again does not count.
    pub fn count(&self) -> u64 {
        self.count.load(Relaxed)
    }

    /// How many have come again, ever.
    pub fn repeats(&self) -> u64 {
        self.repeats.load(Relaxed)
    }

    /// Hands them over, and begins anew with the call of this number.
    pub fn take(&self, first: u64) -> Vec<Arrival> {
        let mut heard = self.heard();
        heard.known.clear();
        heard.first = first;
        self.count.store(0, Relaxed);
        mem::take(&mut heard.arrivals)
    }

    /// A list that is being added to is whole all the same.
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of the call that a delivery is about.
fn number(body: &[u8]) -> Option<u64> {
    let beginning = &body[..body.len().min(BEGINNING_BYTES)];
    let at = beginning
        .windows(CALL_ID.len())
        .position(|it| it == CALL_ID)?;
    letter::number_of(&body[at + CALL_ID.len()..])
}
