//! A lane: the deliveries of one subscription, and what may be done with them.
//!
//! It decides, and does nothing itself: it has no database, no network and no
//! clock. Whoever owns it tells it what happened (rows were read, a send ended,
//! results were written) and asks what is next.
//!
//! ```text
//!            offered, read              next               ended
//!   the queue ──────────▶ waiting ──────────▶ under way ──────────▶ unwritten
//!       ▲                    │ the breaker opens,   (a slot, the rate,     │
//!       │                    │ or it is paused      the call's turn)       │
//!       └────────────────────┴───────────── written ◀─────────────────────┘
//! ```
//!
//! **Memory is a cache of the queue.** `unread` says that the queue may hold
//! what memory does not; as long as it does, nothing is taken in but by
//! reading, so that rows start in their order. Whatever is in memory in any of
//! the three places is not read a second time.

mod bucket;
mod drain;
mod floor;
mod looking;
mod order;
mod pace;
mod standing;
mod waiting;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use entity::{DeliveryId, lanes, subscriptions::Ordering};

use self::{
    bucket::Bucket, drain::Drain, order::Order, pace::Pace, standing::Standing, waiting::Waiting,
};
use super::row::Row;
use crate::{
    infra::clock::{Millis, millis_of},
    subscriptions::{
        Subscription,
        health::{Did, Health, Heard, Patience},
    },
};

pub(super) use self::{
    drain::BacklogEnd,
    floor::Floor,
    looking::{Look, Looked, Scope},
    waiting::{BYTES_MAX, ROWS_MAX},
};

/// What a subscription says of how it wants to be sent to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub max_in_flight: u32,
    pub rate_per_second: Option<u32>,
    pub is_strict: bool,
}

#[derive(Debug)]
pub(super) struct Lane {
    terms: Terms,
    standing: Standing,
    /// In a drain the backlog, else all that waits.
    waiting: Waiting,
    /// In a drain what need not wait for the backlog.
    beside: Waiting,
    /// Whose turn it is between the two.
    is_turn_of_beside: bool,
    under_way: HashMap<DeliveryId, UnderWay>,
    unwritten: HashSet<DeliveryId>,
    /// Rows whose payload no key opens. They stay in the queue.
    unreadable: HashSet<DeliveryId>,
    order: Order,
    drain: Option<Drain>,
    bucket: Option<Bucket>,
    pace: Pace,
    /// The queue may hold what memory does not.
    unread: bool,
    /// The queue is looked through from there on.
    floor: Floor,
    /// The last event that was read, here or by who owned the lane before. One
    /// up to there that is handed over may have been sent and settled.
    read_up_to: i64,
    /// What was seen in the queue and is not in memory.
    saw_unknown: Option<(i64, DeliveryId)>,
    /// The lane's row may have changed.
    is_stale: bool,
    is_looking: bool,
    /// What was in memory when the look began was let go since, and the look left it out.
    look_is_void: bool,
    look_not_before: Option<Millis>,
    /// When the next retry is due that is not in memory.
    next_due: Option<Millis>,
}

#[derive(Clone, Copy, Debug)]
struct UnderWay {
    since: Millis,
    held_its_call: bool,
    is_probe: bool,
    is_of_backlog: bool,
}

/// How an attempt ended, as far as its lane goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub did: Did,
    pub at: Millis,
    pub took: Duration,
    /// The delivery is over, well or not.
    pub is_through: bool,
}

impl Terms {
    pub fn of(subscription: &Subscription) -> Self {
        Self {
            max_in_flight: subscription.max_in_flight,
            rate_per_second: subscription.rate_per_second,
            is_strict: subscription.ordering == Ordering::Strict,
        }
    }
}

impl Lane {
    /// A lane whose queue is taken to be empty, as it is when the log is so long.
    pub fn new(
        row: &lanes::Model,
        terms: Terms,
        patience: Patience,
        now: Millis,
        log_end: i64,
    ) -> Self {
        let mut lane = Self {
            terms,
            standing: Standing::of(row, patience),
            waiting: Waiting::default(),
            beside: Waiting::default(),
            is_turn_of_beside: false,
            under_way: HashMap::new(),
            unwritten: HashSet::new(),
            unreadable: HashSet::new(),
            order: Order::default(),
            drain: None,
            bucket: None,
            pace: Pace::default(),
            unread: false,
            floor: Floor::of(row),
            read_up_to: log_end,
            saw_unknown: None,
            is_stale: false,
            is_looking: false,
            look_is_void: false,
            look_not_before: None,
            next_due: None,
        };
        lane.set_terms(terms, now);
        lane
    }

    pub fn set_terms(&mut self, terms: Terms, now: Millis) {
        if terms.is_strict && !self.order.is_strict() {
            // What was read under the other order knows nothing of what failed before it.
            self.let_go();
        }
        self.terms = terms;
        self.order.set_strict(terms.is_strict);
        self.bucket = Bucket::at_rate(self.bucket, terms.rate_per_second, now);
    }

    pub fn health(&self) -> &Health {
        self.standing.health()
    }

    /// The queue or the lane's row has changed, or may have.
    pub fn wake(&mut self) {
        self.unread = true;
        self.is_stale = true;
    }

    /// A row that was just written. It is taken in where memory holds all that
    /// is before it; else it will be read.
    pub fn offer(&mut self, row: Row, may_be_next: bool) -> bool {
        let is_whole = self.standing.is_flowing() && !self.unread && !self.is_looking;
        let is_plain = self.drain.is_none() && !self.order.is_strict();
        let is_new = row.position > self.read_up_to;
        let taken =
            may_be_next && is_whole && is_plain && is_new && self.waiting.has_room_for(&row);
        if taken {
            self.waiting.add(row);
        } else {
            self.unread = true;
        }
        taken
    }

    /// The row that is to be sent now, and whether it is a probe.
    pub fn next(&mut self, now: Millis) -> Option<(Row, bool)> {
        if self.standing.is_shut() || self.under_way.len() >= self.in_flight_max() {
            return None;
        }
        if self
            .bucket
            .as_mut()
            .is_some_and(|bucket| !bucket.has_one(now))
        {
            return None;
        }
        let (row, is_of_backlog) = self.pick(now)?;
        if let Some(bucket) = &mut self.bucket {
            bucket.take_one();
        }
        let under_way = UnderWay {
            since: now,
            held_its_call: self.order.started(&row),
            is_probe: self.health().is_open(),
            is_of_backlog,
        };
        self.under_way.insert(row.id, under_way);
        Some((row, under_way.is_probe))
    }

    fn pick(&mut self, now: Millis) -> Option<(Row, bool)> {
        let order = &self.order;
        let may_start = |row: &Row| order.may_start(row);
        if !self.standing.is_flowing() {
            let is_time = self.standing.next_probe_at().is_some_and(|at| at <= now);
            let may_probe = is_time && !self.under_way.values().any(|row| row.is_probe);
            let probe = self.waiting.take_first(|row| may_probe && may_start(row))?;
            return Some((probe, false));
        }
        let Some(drain) = &self.drain else {
            return Some((self.waiting.take_first(may_start)?, false));
        };
        let of_backlog = self.under_way.values().filter(|row| row.is_of_backlog);
        let has_room = of_backlog.count() < size(drain.window(self.terms.max_in_flight));
        let mut backlog = || self.waiting.take_first(|row| has_room && may_start(row));
        let mut beside = || self.beside.take_first(may_start);
        let row = match self.is_turn_of_beside {
            true => beside()
                .map(|row| (row, false))
                .or_else(|| Some((backlog()?, true))),
            false => backlog()
                .map(|row| (row, true))
                .or_else(|| Some((beside()?, false))),
        }?;
        self.is_turn_of_beside = row.1;
        Some(row)
    }

    /// A send has ended; its result is on its way to be written.
    pub fn ended(&mut self, row: &Row, ended: &Ended) {
        let Some(was) = self.under_way.remove(&row.id) else {
            return;
        };
        self.unwritten.insert(row.id);
        self.pace.note(ended.took);
        self.order.ended(row, was.held_its_call, ended.is_through);
        if let Some(drain) = self.drain.as_mut().filter(|_| was.is_of_backlog) {
            match ended.did {
                Did::Take => drain.went_well(),
                Did::Fail | Did::Leave => drain.went_wrong(),
            }
        }
        let flowed = self.standing.is_flowing();
        self.standing.hear(Heard {
            did: ended.did,
            at: ended.at,
            was_probe: was.is_probe,
        });
        self.turned(flowed);
        let order = &self.order;
        self.waiting.forget(|row| order.is_behind(row));
        self.beside.forget(|row| order.is_behind(row));
    }

    /// Results are written: those of these deliveries, and when each of them is
    /// due again, if it is.
    pub fn written(&mut self, row: &lanes::Model, results: &[(DeliveryId, Option<Millis>)]) {
        let flowed = self.standing.is_flowing();
        self.standing.written(row, results.len());
        for (id, due_at) in results {
            self.unwritten.remove(id);
            self.next_due = [self.next_due, *due_at].into_iter().flatten().min();
            // Under a strict order something may have waited for the end of it.
            self.unread |= due_at.is_none() && self.order.is_strict();
        }
        self.turned(flowed);
    }

    /// Where the flow was stopped, memory is let go; where it was let go
    /// again, what was held drains.
    fn turned(&mut self, flowed: bool) {
        match (flowed, self.standing.is_flowing()) {
            (true, false) => self.let_go(),
            (false, true) => {
                self.let_go();
                self.drain = Some(Drain::begin());
            }
            _ => {}
        }
    }

    fn let_go(&mut self) {
        self.waiting = Waiting::default();
        self.beside = Waiting::default();
        self.drain = None;
        self.unread = true;
        self.look_is_void = true;
    }

    /// When something happens by itself: a probe, a retry, a token of the rate.
    pub fn timer(&self, now: Millis) -> Option<Millis> {
        let has_work = !self.waiting.is_empty() || !self.beside.is_empty();
        let token = self
            .bucket
            .filter(|_| has_work)
            .map(|bucket| bucket.next_at());
        let times = match (self.standing.is_shut(), self.standing.next_probe_at()) {
            (true, _) => [self.look_not_before, None, None],
            (false, Some(probe)) if probe > now => [self.look_not_before, Some(probe), None],
            (false, _) => [self.look_not_before, self.next_due, token],
        };
        times.into_iter().flatten().filter(|at| *at > now).min()
    }

    /// Whether its receiver keeps slots for long, or may: one that has not
    /// answered yet gets one slot without being asked.
    pub fn is_slow(&self, now: Millis) -> bool {
        let old = now - millis_of(pace::SLOW);
        let hanging = self
            .under_way
            .values()
            .filter(|row| row.since < old)
            .count();
        let is_hanging = hanging > 0 && hanging * 2 >= self.under_way.len();
        let is_untried = self.pace.is_unknown() && !self.under_way.is_empty();
        is_hanging || is_untried || self.pace.is_slow()
    }

    /// Nothing of it is under way anywhere.
    pub fn is_quiet(&self) -> bool {
        self.under_way.is_empty() && self.unwritten.is_empty() && !self.is_looking
    }

    /// What its rows take in memory.
    pub fn bytes(&self) -> usize {
        self.waiting.bytes() + self.beside.bytes()
    }

    fn in_flight_max(&self) -> usize {
        size(self.terms.max_in_flight)
    }
}

fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
