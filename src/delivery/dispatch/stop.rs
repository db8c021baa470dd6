//! Starting a new life, and ending the last one.

use std::time::Duration;

use tokio::time::Instant;

use super::{Dispatcher, Ended, attend::Errand};
use crate::{delivery::queue::own, infra::clock::Millis};

/// What is under way when the process is told to stop gets so long.
const SENDS_END_WITHIN: Duration = Duration::from_secs(15);

impl Dispatcher {
    /// A process that was silent for too long has a new id, and all that it
    /// held under the old one is somebody else's now.
    pub(super) fn be_who_we_are(&mut self) {
        let me = self.membership.id();
        if me != self.me {
            tracing::warn!(lapsed = %self.me, instance = %me, lanes = self.lanes.len(), "all lanes are let go");
            let lanes: Vec<_> = self.lanes.keys().copied().collect();
            lanes.into_iter().for_each(|lane| self.forget(lane));
            self.me = me;
            self.elsewhere.clear();
            self.let_go.clear();
            self.errand = Errand::first();
        }
        if self.app.stopping.is_cancelled() && !std::mem::replace(&mut self.is_stopping, true) {
            let clock = self.app.clock.clone();
            self.spawn(async move {
                clock.sleep(SENDS_END_WITHIN).await;
                Ended::OutOfTime
            });
        }
    }

    /// The clock reminds us of what may have gone unheard, and of other processes where there are
    /// some.
    pub(super) fn start_ticking(&mut self) {
        let now = self.app.clock.millis();
        if self.app.db.is_postgres() {
            (self.next_share, self.next_audit) = (now, now);
        } else {
            self.next_audit = now + self.audit_every();
        }
    }

    pub(super) fn next_moment(&self) -> Option<Millis> {
        if self.app.stopping.is_cancelled() {
            return None;
        }
        let timer = self.timers.first().map(|(at, _)| *at);
        let errand = self.errand.not_before().filter(|_| !self.is_attending);
        let ticks = [self.next_share, self.next_audit].into_iter().min();
        let ticks = ticks.filter(|at| *at < Millis::MAX);
        let beat =
            Some(self.beat_not_before).filter(|_| !self.is_beating && !self.turns.is_empty());
        let now = self.app.clock.millis();
        let beat = beat.filter(|at| *at > now);
        [timer, errand, ticks, beat].into_iter().flatten().min()
    }

    /// When something is to be done that no clock of the product's knows of.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.gather.flush_at()
    }

    /// Nothing is under way any more, or has been for too long, and all
    /// results are written.
    pub(super) fn is_done(&self) -> bool {
        self.gather.is_written() && (self.slots.taken() == 0 || self.is_out_of_time)
    }

    /// Lets go of everything. What was aborted is still in the queue.
    pub(super) async fn leave(mut self) -> anyhow::Result<()> {
        self.tasks.shutdown().await;
        self.deliveries.inbox.take();
        Ok(own::release(&self.app, self.me, None).await?)
    }
}
