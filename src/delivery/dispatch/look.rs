//! Looking into the queue, for some lanes at a time.

use std::time::Instant;

use entity::SubscriptionId;

use super::{Dispatcher, Ended};
use crate::{
    delivery::{
        lane::{Look, Looked, Scope},
        queue,
    },
    error::Result,
    infra::clock::Millis,
};

/// They share the connections for reading with everybody else.
const LOOKING_MAX: usize = 3;
/// What all lanes together hold in memory.
const LANES_BYTES_MAX: usize = 64 << 20;

impl Dispatcher {
    /// Looks on behalf of the lanes that something has happened to, as many as
    /// there is room for; the others stay where they are.
    pub(super) fn look(&mut self, now: Millis) {
        if self.app.stopping.is_cancelled() || self.looking >= LOOKING_MAX {
            return;
        }
        let touched: Vec<_> = self.touched.iter().copied().collect();
        for lane in touched {
            if self.looking >= LOOKING_MAX {
                break;
            }
            self.touched.remove(&lane);
            self.weigh(lane);
            let firm = self.firm.up_to();
            let room = LANES_BYTES_MAX.saturating_sub(self.bytes);
            let staying = self.lanes.get_mut(&lane).filter(|held| !held.is_leaving);
            let look = staying.and_then(|held| Some((held.lane.look(now, firm)?, held.number)));
            if let Some((mut look, number)) = look {
                look.bytes_max = look.bytes_max.min(room);
                self.spawn_look(lane, number, look);
            }
            self.set_timer(lane, now);
        }
    }

    /// Takes note of what a lane holds in memory.
    fn weigh(&mut self, lane: SubscriptionId) {
        if let Some(held) = self.lanes.get_mut(&lane) {
            self.bytes -= held.bytes;
            held.bytes = held.lane.bytes();
            self.bytes += held.bytes;
        }
    }

    /// Whether lanes may take in rows that they can read as well.
    pub(super) fn has_room(&self) -> bool {
        self.bytes < LANES_BYTES_MAX
    }

    fn spawn_look(&mut self, lane: SubscriptionId, number: u64, look: Look) {
        self.looking += 1;
        let app = self.app.clone();
        self.spawn(async move {
            let started = Instant::now();
            let looked = queue::look::look(&app, lane, &look).await;
            metrics::histogram!("ringback_claim_seconds").record(started.elapsed());
            Ended::Looked(lane, number, look.scope, looked)
        });
    }

    pub(super) fn looked(
        &mut self,
        lane: SubscriptionId,
        number: u64,
        asked: Scope,
        looked: Result<Option<Looked>>,
    ) {
        self.looking -= 1;
        let now = self.app.clock.millis();
        let asking = self.lanes.get_mut(&lane);
        let Some(held) = asking.filter(|held| held.number == number) else {
            return;
        };
        match looked {
            Ok(Some(looked)) if looked.lane.owner == Some(self.me) => {
                held.lane.looked(asked, looked);
            }
            Ok(_) => return self.forget(lane),
            Err(error) => {
                let why = error.source_chain().unwrap_or_default();
                tracing::warn!(subscription = %lane, why, "what is due could not be read");
                held.lane.look_failed(now);
            }
        }
        self.touch(lane);
    }
}
