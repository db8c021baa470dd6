//! What is told, live: the event log as a stream, to browsers and scripts that
//! stay connected.
//!
//! A client has a place in the log, and nothing else: it is given what follows
//! that place, out of memory where it keeps up, out of the log where it comes
//! back after a while. So there is no gap where the two meet, and no queue for
//! each client that could grow.
//!
//! ```text
//!                          standing, whether it may still listen
//!                             │
//!   the tail, the log ──▶ reader ──▶ sse        an owner's events
//!                          a place └▶ session   one call's, over a WebSocket
//! ```

mod frame;
mod open;
mod places;
mod query;
mod reader;
pub mod session;
pub mod sse;
mod standing;

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::events::Tail;

pub use open::last_event_id;
use places::Places;

pub use standing::Standing;

/// All that the streams of this process share.
#[derive(Clone, Debug)]
pub struct Live {
    tail: Tail,
    places: Places,
    /// Places for those who have not said who they are.
    waiting: Arc<Semaphore>,
}

/// How many sockets may be open of whom nothing is known yet.
const WAITING_MAX: usize = 250;

impl Live {
    pub fn new(tail: &Tail) -> Self {
        Self {
            tail: tail.clone(),
            places: Places::default(),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
        }
    }
}
