//! Which rows of a call may start.
//!
//! The first tries of a call's deliveries start one after another, each when
//! the one before has ended, well or not. Where the order is strict, a call
//! has one delivery under way at a time, and after a failure what is newer
//! stays in the database until the older one is through.
//!
//! What has failed is remembered until the database knows it, and no longer: it may leave the
//! queue without ever being through, dropped or too old, and nobody says so here.

use std::collections::{HashMap, HashSet};

use entity::{CallId, DeliveryId};

use crate::delivery::row::Row;

#[derive(Debug, Default)]
pub(super) struct Order {
    is_strict: bool,
    /// Calls that a delivery is under way for that others wait for.
    busy: HashSet<CallId>,
    /// Under a strict order: calls whose oldest delivery has failed so far, and which it is.
    behind: HashMap<CallId, DeliveryId>,
}

impl Order {
    pub fn set_strict(&mut self, is_strict: bool) {
        self.is_strict = is_strict;
        if !is_strict {
            self.behind.clear();
        }
    }

    pub fn is_strict(&self) -> bool {
        self.is_strict
    }

    pub fn may_start(&self, row: &Row) -> bool {
        row.call
            .is_none_or(|call| !self.counts(row) || !self.busy.contains(&call))
    }

    /// It waits for the end of an older one, which may be hours away.
    pub fn is_behind(&self, row: &Row) -> bool {
        let call = row.call.filter(|_| self.is_strict && row.is_first_try());
        call.is_some_and(|call| self.behind.contains_key(&call))
    }

    /// Whether others of its call wait for it from now on.
    pub fn started(&mut self, row: &Row) -> bool {
        let Some(call) = row.call else { return false };
        self.counts(row) && self.busy.insert(call)
    }

    pub fn ended(&mut self, row: &Row, held_its_call: bool, is_through: bool) {
        let Some(call) = row.call else { return };
        if held_its_call {
            self.busy.remove(&call);
        }
        if is_through {
            self.behind.remove(&call);
        } else if self.is_strict {
            self.behind.insert(call, row.id);
        }
    }

    /// The queue is asked, and knows of every failure but of those that are not written.
    pub fn leave_to_the_queue(&mut self, unwritten: &HashSet<DeliveryId>) {
        self.behind.retain(|_, failed| unwritten.contains(failed));
    }

    fn counts(&self, row: &Row) -> bool {
        self.is_strict || row.is_first_try()
    }
}
