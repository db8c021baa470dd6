//! The rows of a lane that wait in memory, in the order of their events.

use std::collections::BTreeMap;

use entity::DeliveryId;

use crate::delivery::row::Row;

/// Room for rows in the memory of one lane.
pub const ROWS_MAX: usize = 256;
pub const BYTES_MAX: usize = 1 << 20;

#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) rows: BTreeMap<(i64, DeliveryId), Row>,
    bytes: usize,
}

impl Waiting {
    pub fn add(&mut self, row: Row) {
        self.bytes += row.size();
        if let Some(before) = self.rows.insert(row.place(), row) {
            self.bytes -= before.size();
        }
    }

    /// Takes the first row that may start.
    pub fn take_first(&mut self, may_start: impl Fn(&Row) -> bool) -> Option<Row> {
        let place = self.rows.values().find(|row| may_start(row))?.place();
        self.take(place)
    }

    fn take(&mut self, place: (i64, DeliveryId)) -> Option<Row> {
        let row = self.rows.remove(&place)?;
        self.bytes -= row.size();
        Some(row)
    }

    /// Lets go of rows; they are still in the database. Whether there were any.
    pub fn forget(&mut self, which: impl Fn(&Row) -> bool) -> bool {
        let before = self.rows.len();
        self.rows.retain(|_, row| !which(row));
        self.bytes = self.rows.values().map(Row::size).sum();
        self.rows.len() < before
    }

    pub fn has_room_for(&self, row: &Row) -> bool {
        let fits = self.rows.is_empty() || self.bytes + row.size() <= BYTES_MAX;
        self.rows.len() < ROWS_MAX && fits
    }

    pub fn has_room_to_read(&self) -> bool {
        self.rows.len() <= ROWS_MAX / 4 && self.bytes <= BYTES_MAX / 4
    }

    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
