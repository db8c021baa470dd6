//! Sending: as long as there are rows, slots, and a life that is sure.

use entity::SubscriptionId;

use super::{Dispatcher, Ended, UNSETTLED_MAX};
use crate::{
    delivery::{self, lane, report::Report, send::Job},
    error::Result,
    infra::clock::Millis,
};

const BEAT_AGAIN_AFTER: Millis = 1_000;

impl Dispatcher {
    pub(super) fn launch(&mut self, now: Millis) {
        while self.may_launch(now) {
            let Some(lane) = self.turns.next() else { break };
            if let Some(job) = self.next_on(lane, now) {
                let app = self.app.clone();
                self.slots.take(job.is_slow);
                self.spawn(
                    async move { Ended::Sent(Box::new(delivery::deliver_one(&app, job).await)) },
                );
                self.touch(lane);
            }
        }
        metrics::gauge!("ringback_deliveries_in_flight").set(count(self.slots.taken()));
    }

    fn may_launch(&mut self, now: Millis) -> bool {
        !self.app.stopping.is_cancelled()
            && !self.turns.is_empty()
            && self.slots.has_room()
            && self.gather.unsettled() <= UNSETTLED_MAX
            && self.is_sure(now)
    }

    fn next_on(&mut self, lane: SubscriptionId, now: Millis) -> Option<Job> {
        let held = self.lanes.get_mut(&lane)?;
        if held.is_leaving {
            return None;
        }
        let is_slow = held.lane.is_slow(now);
        if is_slow && !self.slots.has_slow_room() {
            self.turns.park(&held.owner, lane);
            return None;
        }
        let (row, is_probe) = held.lane.next(now)?;
        Some(Job {
            subscription: lane,
            owner: self.me,
            row,
            receiver: held.receiver.clone(),
            is_probe,
            is_slow,
        })
    }

    pub(super) fn sent(&mut self, report: Report) {
        self.slots.give_back(report.job.is_slow);
        if report.job.is_slow {
            self.turns.unpark();
        }
        let (lane, is_ours) = (report.job.subscription, report.job.owner == self.me);
        if let Some(held) = self.lanes.get_mut(&lane).filter(|_| is_ours) {
            let attempted = &report.attempted;
            let ended = lane::Ended {
                did: attempted.did,
                at: attempted.ended_at,
                took: attempted.timings.total,
                is_through: report.is_through(),
            };
            let was_open = held.lane.health().is_open();
            held.lane.ended(&report.job.row, &ended);
            tell(&report, was_open, held.lane.health().is_open());
            self.touch(lane);
        }
        self.gather.add(report);
    }

    /// Whether nobody takes us for dead before an attempt that begins now has
    /// ended. If not, a sign of life is given first.
    fn is_sure(&mut self, now: Millis) -> bool {
        let is_sure = self
            .membership
            .is_sure_for(self.app.config.delivery.timeout);
        if !is_sure && !self.is_beating && now >= self.beat_not_before {
            let (membership, app) = (self.membership.clone(), self.app.clone());
            self.is_beating = true;
            self.spawn(async move { Ended::Beaten(membership.beat_once(&app).await) });
        }
        is_sure
    }

    pub(super) fn beaten(&mut self, beaten: Result<()>) {
        self.is_beating = false;
        if let Err(error) = beaten {
            let why = error.source_chain().unwrap_or_default();
            tracing::warn!(why, "nothing is sent until a sign of life is heard");
            self.beat_not_before = self.app.clock.millis() + BEAT_AGAIN_AFTER;
        }
    }
}

/// A line for each failed attempt, and for each turn of a breaker.
fn tell(report: &Report, was_open: bool, is_open: bool) {
    let (job, attempted) = (&report.job, &report.attempted);
    let subscription = job.subscription;
    if attempted.outcome != "delivered" {
        // What a receiver answered may be quoted in the hint, and is not for the log.
        let hint = attempted
            .hint
            .as_deref()
            .filter(|_| attempted.status.is_none());
        tracing::info!(
            %subscription,
            delivery = %job.row.id,
            event = %job.row.event,
            attempt = job.row.attempt + 1,
            outcome = attempted.outcome,
            status = attempted.status,
            took_ms = attempted.took_ms(),
            hint,
            "an attempt failed"
        );
    }
    if !was_open && is_open {
        tracing::warn!(%subscription, "the breaker has opened: what is due is held");
    } else if was_open && !is_open {
        tracing::info!(%subscription, "the breaker has closed: what was held drains");
    }
    metrics::histogram!("ringback_delivery_send_seconds").record(attempted.timings.total);
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
pub(super) fn count(count: usize) -> f64 {
    count as f64
}
