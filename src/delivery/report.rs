//! An attempt that has ended, on its way to be settled.

use super::{
    retry::Next,
    send::{Attempted, Job},
};

/// A job, what came of it, and what becomes of its delivery.
#[derive(Clone)]
pub(super) struct Report {
    pub job: Job,
    pub attempted: Attempted,
    pub next: Next,
}

impl Report {
    /// The delivery is over, well or not, unless somebody has asked for it meanwhile.
    pub fn is_through(&self) -> bool {
        matches!(self.next, Next::Done | Next::End)
    }
}
