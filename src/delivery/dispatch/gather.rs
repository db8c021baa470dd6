//! Results gather for some milliseconds and are settled together, one batch at
//! a time; at once where nothing else is under way.

use std::collections::HashMap;

use entity::{DeliveryId, SubscriptionId};
use tokio::time::Instant;

use super::{Dispatcher, Ended, launch::count};
use crate::{
    delivery::{
        report::Report,
        settle::{self, BATCH_MAX, Done, GATHER},
    },
    infra::clock::Millis,
};

#[derive(Default)]
pub(super) struct Gather {
    reports: Vec<Report>,
    since: Option<Instant>,
    /// How many are being settled.
    settling: usize,
    set_aside: Vec<Report>,
}

impl Gather {
    pub fn add(&mut self, report: Report) {
        self.reports.push(report);
        self.since.get_or_insert_with(Instant::now);
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
        let since = self.since.filter(|_| self.settling == 0);
        since.map(|since| since + GATHER)
    }

    /// The next batch, if it is time for one.
    fn take(&mut self, is_last: bool) -> Option<Vec<Report>> {
        let is_time = self.flush_at().is_some_and(|at| at <= Instant::now());
        let is_full = self.reports.len() >= BATCH_MAX;
        if self.reports.is_empty() || self.settling > 0 || !(is_full || is_time || is_last) {
            return None;
        }
        let rest = self.reports.split_off(self.reports.len().min(BATCH_MAX));
        let mut batch = std::mem::replace(&mut self.reports, rest);
        self.since = (!self.reports.is_empty()).then(Instant::now);
        batch.append(&mut self.set_aside);
        self.settling = batch.len();
        Some(batch)
    }
}

impl Dispatcher {
    pub(super) fn settle(&mut self) {
        let is_last = self.slots.taken() == 0;
        if let Some(batch) = self.gather.take(is_last) {
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
