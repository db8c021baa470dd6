//! What is told, live: the event log as a stream, to browsers and scripts that
//! stay connected.
//!
//! A client has a place in the log, and nothing else: it is given what follows
//! that place, out of memory where it keeps up, out of the log where it comes
//! back after a while. So there is no gap where the two meet, and no queue for
//! each client that could grow.

mod frame;
mod places;
mod query;
mod reader;
pub mod sse;

use crate::events::Tail;

use places::Places;

/// All that the streams of this process share.
#[derive(Clone, Debug)]
pub struct Live {
    tail: Tail,
    places: Places,
}

impl Live {
    pub fn new(tail: &Tail) -> Self {
        Self {
            tail: tail.clone(),
            places: Places::default(),
        }
    }
}
