//! When an event came, as the recorders count time: by how often each of them
//! had turned events back.
//!
//! Once the database was away for one event, those that came before anybody
//! could know of that are turned back too. So they find the first one where it
//! is kept meanwhile, and go behind it.

use std::{array, sync::atomic::Ordering::SeqCst};

use super::{Lane, RECORDERS_ON_POSTGRES, Recorder};

/// It is taken before anybody looks whether the spool is empty, and once for
/// all that are to stay in order.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    pub(super) turned_back: [u64; RECORDERS_ON_POSTGRES],
    /// It can be kept elsewhere, and waits for its turn to go there.
    pub(super) goes_elsewhere: bool,
}

impl Arrival {
    /// Of an event that is put elsewhere while the database is away.
    #[must_use]
    pub fn or_elsewhere(self) -> Self {
        Self {
            goes_elsewhere: true,
            ..self
        }
    }
}

impl Recorder {
    /// Now, for [`Self::enter`].
    pub fn arrival(&self) -> Arrival {
        let lane = |number| self.lanes.get(number);
        Arrival {
            turned_back: array::from_fn(|number| {
                lane(number).map_or(0, |lane: &Lane| lane.turned_back.load(SeqCst))
            }),
            goes_elsewhere: false,
        }
    }
}
