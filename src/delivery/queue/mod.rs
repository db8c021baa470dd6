//! The queue's SQL: reading what is due, owning lanes, settling results.
//!
//! A row of the queue has no owner and is never updated to be claimed. Its
//! lane has an owner, and the owner alone reads and settles.

pub(super) mod look;
pub(super) mod own;
pub(super) mod rewind;
pub(super) mod settle;
mod stats;
mod steady;
