//! When a lane looks into the queue, what it asks, and what it makes of the
//! answer.
//!
//! A look that began before something happened may be answered after it. Then
//! what it says is not taken, and the lane looks again: rows that are not
//! taken are still in the queue.

use std::collections::HashSet;

use entity::{DeliveryId, lanes};

use super::{BYTES_MAX, BacklogEnd, Lane, floor::Floor, waiting::Waiting};
use crate::{delivery::row::Row, infra::clock::Millis};

/// After a look that failed, for the database is away or busy.
const LOOK_AGAIN_AFTER: Millis = 1_000;

/// A question to the queue.
#[derive(Clone, Debug)]
pub struct Look {
    pub scope: Scope,
    pub is_strict: bool,
    pub bytes_max: usize,
    /// What is in memory in one way or another.
    pub skip: HashSet<DeliveryId>,
    pub floor: Floor,
    /// Nothing can be committed any more that comes before this place.
    pub firm: i64,
}

/// What is asked for, beside the lane's own row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Nothing: nothing may be sent, or there is no room.
    Nothing,
    /// What somebody has asked for, or the oldest that is due.
    Probe,
    /// What is due, as much as fits.
    Due,
    /// What is due, and what is beyond the backlog as well. Where that ends is
    /// found out by the first such look.
    Drain {
        end: Option<BacklogEnd>,
        /// Enough of the backlog is in memory.
        is_full: bool,
    },
}

/// The queue's answer.
#[derive(Debug)]
pub struct Looked {
    pub lane: Box<lanes::Model>,
    pub rows: Vec<Row>,
    /// There may be more that is due; in a drain, more beyond the backlog.
    pub has_more: bool,
    /// When the next retry is due that is not due yet.
    pub next_due: Option<Millis>,
    pub backlog: Option<BacklogEnd>,
    /// Where the next look may begin, if this one found out.
    pub floor: Option<Floor>,
    pub unreadable: Vec<DeliveryId>,
}

impl Lane {
    /// What somebody saw waiting in the queue: the oldest that was never tried, with its place, and
    /// when the next retry is due. What is seen twice and is not in memory was committed, and
    /// nobody heard of it.
    pub fn saw(
        &mut self,
        row: &lanes::Model,
        untried: Option<(i64, DeliveryId)>,
        next_due: Option<Millis>,
    ) {
        let flowed = self.standing.is_flowing();
        self.is_stale |= !self.standing.read(row);
        self.turned(flowed);
        let unknown = untried.filter(|(_, id)| !self.holds(id));
        self.unread |= unknown.is_some() && (self.is_quiet() || unknown == self.saw_unknown);
        self.saw_unknown = unknown;
        self.unread |= !self.floor.is_under(row);
        if let Some((position, _)) = unknown.filter(|(place, _)| *place < self.floor.position) {
            self.look_from(position);
        }
        self.next_due = [self.next_due, next_due].into_iter().flatten().min();
    }

    fn look_from(&mut self, position: i64) {
        self.floor = self.floor.lowered_to(position);
        self.unread = true;
        self.look_is_void = true;
    }

    fn holds(&self, id: &DeliveryId) -> bool {
        let mut waiting = self.waiting.rows().chain(self.beside.rows());
        self.under_way.contains_key(id)
            || self.unwritten.contains(id)
            || self.unreadable.contains(id)
            || waiting.any(|row| row.id == *id)
    }

    /// The look that is due, if any. Until it is answered there is no other.
    pub fn look(&mut self, now: Millis, firm: i64) -> Option<Look> {
        if self.next_due.is_some_and(|due| due <= now) {
            self.next_due = None;
            self.unread = true;
        }
        let scope = self.scope(now)?;
        self.is_looking = true;
        self.look_is_void = false;
        self.is_stale = false;
        self.unread &= scope == Scope::Nothing;
        // What is beyond a backlog is read whatever has failed before it.
        if !matches!(scope, Scope::Nothing | Scope::Drain { end: Some(_), .. }) {
            self.order.leave_to_the_queue(&self.unwritten);
        }
        let in_memory = self.waiting.rows().chain(self.beside.rows());
        let out = self.under_way.keys().chain(&self.unwritten);
        Some(Look {
            scope,
            is_strict: self.order.is_strict(),
            bytes_max: BYTES_MAX.saturating_sub(self.bytes()),
            skip: in_memory
                .map(|row| row.id)
                .chain(out.chain(&self.unreadable).copied())
                .collect(),
            floor: self.floor,
            firm,
        })
    }

    fn scope(&self, now: Millis) -> Option<Scope> {
        if self.is_looking || self.look_not_before.is_some_and(|at| at > now) {
            return None;
        }
        let wanted = match (self.standing.is_flowing(), &self.drain) {
            (false, _) => self.wants_probe(now).then_some(Scope::Probe),
            (true, None) => (self.unread && self.waiting.has_room_to_read()).then_some(Scope::Due),
            (true, Some(drain)) => {
                let is_news = self.unread && self.beside.has_room_to_read();
                (is_news || self.is_backlog_out()).then(|| Scope::Drain {
                    end: drain.end,
                    is_full: !self.waiting.has_room_to_read(),
                })
            }
        };
        wanted.or(self.is_stale.then_some(Scope::Nothing))
    }

    fn wants_probe(&self, now: Millis) -> bool {
        let is_time = self.standing.next_probe_at().is_some_and(|at| at <= now);
        let is_probing = self.under_way.values().any(|row| row.is_probe);
        is_time && self.unread && !is_probing && self.waiting.is_empty()
    }

    /// Nothing of the backlog is left in memory, or on its way.
    fn is_backlog_out(&self) -> bool {
        self.waiting.is_empty() && !self.under_way.values().any(|row| row.is_of_backlog)
    }

    pub fn looked(&mut self, asked: Scope, answer: Looked) {
        self.is_looking = false;
        self.look_not_before = None;
        let flowed = self.standing.is_flowing();
        if !self.standing.read(&answer.lane) {
            self.is_stale = true;
        }
        self.turned(flowed);
        self.unreadable.extend(answer.unreadable);
        if !self.look_is_void {
            self.floor = answer.floor.unwrap_or(self.floor);
        }
        self.next_due = [self.next_due, answer.next_due].into_iter().flatten().min();
        let is_held = !self.standing.is_flowing() && !self.standing.is_shut();
        match (asked, &mut self.drain) {
            (Scope::Nothing, _) => {}
            _ if self.look_is_void => self.unread = true,
            (Scope::Probe, _) if is_held => {
                self.unread |= !answer.rows.is_empty();
                self.take_in(answer.rows.into_iter().take(1));
            }
            (Scope::Due, None) if self.standing.is_flowing() => {
                self.unread |= answer.has_more;
                self.take_in(answer.rows.into_iter());
            }
            (Scope::Drain { is_full, .. }, Some(drain)) => {
                drain.end = drain.end.or(answer.backlog);
                self.unread |= answer.has_more;
                self.take_in(answer.rows.into_iter());
                if !is_full && self.is_backlog_out() {
                    self.end_drain();
                }
            }
            _ => self.unread = true,
        }
    }

    /// The look was not answered. It is made again, but not at once.
    pub fn look_failed(&mut self, now: Millis) {
        self.is_looking = false;
        self.is_stale = true;
        self.unread = true;
        self.look_not_before = Some(now + LOOK_AGAIN_AFTER);
    }

    fn take_in(&mut self, rows: impl Iterator<Item = Row>) {
        let end = self.drain.and_then(|drain| drain.end);
        for row in rows {
            self.read_up_to = self.read_up_to.max(row.position);
            let is_out = self.under_way.contains_key(&row.id) || self.unwritten.contains(&row.id);
            if is_out || self.order.is_behind(&row) {
                continue;
            }
            match end.is_some_and(|end| end.lets_pass(&row)) {
                true => self.beside.add(row),
                false => self.waiting.add(row),
            }
        }
    }

    fn end_drain(&mut self) {
        self.drain = None;
        self.unread = true;
        for row in std::mem::take(&mut self.beside).into_rows() {
            self.waiting.add(row);
        }
    }
}

impl BacklogEnd {
    /// Whether a row need not wait for the backlog.
    pub fn lets_pass(&self, row: &Row) -> bool {
        let is_newer_call = row.call.is_none() || row.call_since > Some(self.since);
        row.position > self.position && row.is_first_try() && is_newer_call
    }
}

impl Waiting {
    fn into_rows(self) -> impl Iterator<Item = Row> {
        self.rows.into_values()
    }
}
