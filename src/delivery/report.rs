//! An attempt that has ended, on its way to be settled.

use super::{
    retry::Next,
    send::{Attempted, Job},
};
use crate::infra::clock::Millis;

/// A job, what came of it, and what becomes of its delivery.
#[derive(Clone)]
pub(super) struct Report {
    pub job: Job,
    pub attempted: Attempted,
    pub next: Next,
}

impl Report {
    /// The delivery is over, well or not.
    pub fn is_through(&self) -> bool {
        self.due_again().is_none()
    }

    /// When it is due again, if it is.
    pub fn due_again(&self) -> Option<Millis> {
        match self.next {
            Next::Again { due_at, .. } => Some(due_at),
            Next::Done | Next::End => None,
        }
    }
}
