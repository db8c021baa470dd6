//! What is read off a run in which events were delivered.

use std::{collections::HashMap, time::Duration};

use crate::bench::{bed::Delivered, report::Case, statistics::Latencies};

impl Delivered {
    pub(super) fn count(&self) -> usize {
        self.arrivals.len()
    }

    /// From the first event that was sent to the last delivery that came.
    pub(super) fn per_second(&self) -> f64 {
        let last = self.arrivals.iter().map(|arrival| arrival.at).max();
        let took = last.map_or(Duration::ZERO, |last| last - self.went.began);
        match took.is_zero() {
            true => 0.0,
            false => self.count() as f64 / took.as_secs_f64(),
        }
    }

    /// From when an event should have been sent to when a subscriber had it.
    pub(super) fn latencies(&self) -> Latencies {
        let sent = self.went.sent.iter().map(|sent| (sent.number, sent.due));
        let due: HashMap<_, _> = sent.collect();
        let took = self.arrivals.iter().filter_map(|arrival| {
            let due = due.get(&arrival.number)?;
            Some(arrival.at.saturating_duration_since(*due))
        });
        took.collect()
    }

    /// The processor time of the server, and that of its database where it is known.
    pub(super) fn add_cpu(&self, case: &mut Case, per: usize) {
        let database = self.database_cpu.map(|cpu| millis_per_thousand(cpu, per));
        case.add("cpu_per_thousand", "ms", self.cpu_per_thousand(per));
        case.add("database_cpu_per_thousand", "ms", database);
    }

    /// In milliseconds, the server's alone.
    pub(super) fn cpu_per_thousand(&self, per: usize) -> Option<f64> {
        Some(millis_per_thousand(self.cpu?, per))
    }
}

fn millis_per_thousand(cpu: Duration, per: usize) -> f64 {
    cpu.as_secs_f64() * 1e6 / per.max(1) as f64
}
