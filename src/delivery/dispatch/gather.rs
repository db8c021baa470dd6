//! Results gather for some milliseconds and are settled together, one batch at
//! a time.

use std::collections::HashMap;

use entity::{DeliveryId, SubscriptionId};
use tokio::time::Instant;

use super::{
    Dispatcher, Ended,
    launch::count,
    rhythm::{Beside, Rhythm},
};
use crate::{
    delivery::{
        report::Report,
        settle::{self, BATCH_MAX, Done},
    },
    infra::clock::Millis,
};

#[derive(Default)]
pub(super) struct Gather {
    reports: Vec<Report>,
    rhythm: Rhythm,
    /// How many are being settled.
    settling: usize,
    set_aside: Vec<Report>,
}

impl Gather {
    pub fn add(&mut self, report: Report) {
        self.reports.push(report);
        self.rhythm.came(Instant::now());
    }

    pub fn unsettled(&self) -> usize {
        self.reports.len() + self.settling + self.set_aside.len()
    }

    /// Nothing is left but what cannot be written.
    pub fn is_written(&self) -> bool {
        self.reports.is_empty() && self.settling == 0
    }

    /// When what has gathered is settled at the latest.
    pub fn flush_at(&self) -> Option<Instant> {
        let at = self.rhythm.at_the_latest();
        at.filter(|_| self.settling == 0)
    }

    /// The next batch, if it is time for one.
    fn take(&mut self, beside: Beside) -> Option<Vec<Report>> {
        let now = Instant::now();
        let is_full = self.reports.len() >= BATCH_MAX;
        if self.settling > 0 || !(is_full || self.rhythm.is_time(now, beside)) {
            return None;
        }
        let rest = self.reports.split_off(self.reports.len().min(BATCH_MAX));
        let mut batch = std::mem::replace(&mut self.reports, rest);
        self.rhythm.are_written(now, !self.reports.is_empty());
        batch.append(&mut self.set_aside);
        self.settling = batch.len();
        Some(batch)
    }
}

impl Dispatcher {
    pub(super) fn settle(&mut self) {
        let beside = Beside {
            is_more_to_come: self.slots.taken() > 0,
            is_awaited: !self.waiters.is_empty() || self.app.stopping.is_cancelled(),
        };
        if let Some(batch) = self.gather.take(beside) {
            let (app, deliveries) = (self.app.clone(), self.deliveries.clone());
            self.spawn(async move { Ended::Settled(settle::settle(app, deliveries, batch).await) });
        }
        metrics::gauge!("ringback_deliveries_unsettled").set(count(self.gather.unsettled()));
    }

    pub(super) fn settled(&mut self, done: Done) {
        self.gather.settling = 0;
        self.gather.set_aside = done.set_aside;
        let mut results: HashMap<SubscriptionId, Vec<(DeliveryId, Option<Millis>)>> =
            HashMap::new();
        for dealt in done.dealt {
            let of_lane = results.entry(dealt.subscription).or_default();
            of_lane.push((dealt.delivery, dealt.due_again));
        }
        // Of a lane that was in several transactions the last row counts.
        let rows: HashMap<_, _> = done
            .lanes
            .into_iter()
            .map(|row| (row.subscription_id, row))
            .collect();
        for (lane, results) in results {
            match rows.get(&lane).filter(|row| row.owner == Some(self.me)) {
                Some(row) => {
                    if let Some(held) = self.lanes.get_mut(&lane) {
                        held.lane.written(row, &results);
                    }
                    self.touch(lane);
                }
                None => self.forget(lane),
            }
        }
    }
}
