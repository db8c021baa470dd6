//! What is known of a lane's row: as it was last read, and what has happened
//! since that is not written yet.
//!
//! The row is the truth, for others change it too: a person pauses, a worker
//! drops. Results are written some milliseconds after they came, and decide at
//! once. So both are kept, and the health that counts is the row's with the
//! unwritten results applied.

use std::collections::VecDeque;

use entity::lanes::Model;

use crate::{
    infra::clock::Millis,
    subscriptions::health::{Health, Heard, Patience},
};

#[derive(Debug)]
pub(super) struct Standing {
    patience: Patience,
    row: Stored,
    unwritten: VecDeque<Heard>,
    now: Health,
}

#[derive(Clone, Copy, Debug)]
struct Stored {
    health: Health,
    /// Results that the row has counted; they only grow, so they tell which
    /// of two readings is the younger.
    counted: i64,
    is_dropping: bool,
}

impl Standing {
    pub fn of(row: &Model, patience: Patience) -> Self {
        let row = Stored::of(row);
        Self {
            patience,
            now: row.health,
            row,
            unwritten: VecDeque::new(),
        }
    }

    pub fn health(&self) -> &Health {
        &self.now
    }

    pub fn next_probe_at(&self) -> Option<Millis> {
        self.now.next_probe_at.filter(|_| !self.is_shut())
    }

    /// Nothing may be sent, not even a probe.
    pub fn is_shut(&self) -> bool {
        self.now.is_off() || self.row.is_dropping
    }

    /// Whatever is due may be sent.
    pub fn is_flowing(&self) -> bool {
        !self.is_shut() && !self.now.is_open()
    }

    /// A result, on its way into the row.
    pub fn hear(&mut self, heard: Heard) {
        self.unwritten.push_back(heard);
        self.now = self.now.after(&heard, &self.patience);
    }

    /// The row as it is after results were written, the oldest first.
    pub fn written(&mut self, row: &Model, results: usize) {
        self.unwritten.drain(..results.min(self.unwritten.len()));
        self.adopt(row);
    }

    /// A row that was read, unless results were written between the reading
    /// and now, or are about to be told of: then it says false, and the row
    /// must be read again.
    pub fn read(&mut self, row: &Model) -> bool {
        let counted = Stored::of(row).counted;
        let by_others = counted > self.row.counted && self.unwritten.is_empty();
        let is_of_now = counted == self.row.counted || by_others;
        if is_of_now {
            self.adopt(row);
        }
        is_of_now
    }

    fn adopt(&mut self, row: &Model) {
        self.row = Stored::of(row);
        let unwritten = self.unwritten.iter();
        self.now = unwritten.fold(self.row.health, |health, heard| {
            health.after(heard, &self.patience)
        });
    }
}

impl Stored {
    fn of(row: &Model) -> Self {
        Self {
            health: Health::of(row),
            counted: row.delivered_total + row.failed_total,
            is_dropping: row.drop_before.is_some(),
        }
    }
}
