//! What is measured, how long, how often, and on what.

use std::{env, path::PathBuf, time::Duration};

use super::{store::Kind, workload::Workload};
use crate::config::Secret;

const RUNS: usize = 5;
const RUN_FOR: Duration = Duration::from_secs(3);
const QUICK_RUN_FOR: Duration = Duration::from_secs(1);
/// Where time has to pass for something to show, a measurement is so many times as long.
const LONG: u32 = 20;
const QUICK_LONG: u32 = 2;
const MANY: u64 = 1_000_000;
const QUICK_MANY: u64 = 20_000;
const FIRST_OF_MANY: u64 = 50;
const FIRST_MIN: u64 = 300;
const FIRST_MAX: u64 = 1_000;
/// Of a load that is given in deliveries, so many make a second.
const DELIVERIES_PER_SECOND: f64 = 6_000.0;

#[derive(Clone, Debug)]
pub struct Plan {
    pub workloads: Vec<Workload>,
    /// How often each case is measured.
    pub runs: usize,
    /// How long a measurement takes.
    pub run_for: Duration,
    /// How many times that one takes which is about what comes with time.
    pub long: u32,
    /// How long it would be if nothing were said about it: what is shorter has less of everything,
    /// and what is longer no more.
    pub usual_run_for: Duration,
    /// How many deliveries wait, or calls are stored, where there are many.
    pub many: u64,
    /// Whether only the first cases of a benchmark are measured, where they are alike.
    pub few_cases: bool,
    /// Whether messages are signed, and not only sent with a secret.
    pub signed: bool,
    /// What is measured; PostgreSQL only where there is one.
    pub stores: Vec<Kind>,
    /// A PostgreSQL to use, in place of a private one.
    pub database_url: Option<Secret>,
    /// Where databases are made; else where the system keeps what is temporary.
    pub folder: Option<PathBuf>,
}

impl Plan {
    /// Five runs of three seconds.
    pub fn thorough(workloads: Vec<Workload>) -> Self {
        Self {
            workloads,
            runs: RUNS,
            run_for: RUN_FOR,
            long: LONG,
            usual_run_for: RUN_FOR,
            many: MANY,
            few_cases: false,
            signed: false,
            stores: vec![Kind::Null, Kind::Sqlite, Kind::Postgres],
            database_url: None,
            folder: None,
        }
    }

    /// One run of a second, fewer cases, and less of what is many: to see how it is, roughly.
    pub fn quick(workloads: Vec<Workload>) -> Self {
        Self {
            runs: 1,
            run_for: QUICK_RUN_FOR,
            long: QUICK_LONG,
            usual_run_for: QUICK_RUN_FOR,
            many: QUICK_MANY,
            few_cases: true,
            ..Self::thorough(workloads)
        }
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.clone().unwrap_or_else(env::temp_dir)
    }

    /// The cases that are measured of those that there are: all, or the first few.
    pub fn some<'a, T>(&self, cases: &'a [T], few: usize) -> &'a [T] {
        match self.few_cases {
            true => &cases[..cases.len().min(few)],
            false => cases,
        }
    }

    /// What goes before the first measurement and is forgotten.
    pub fn warm_up(&self) -> Duration {
        self.run_for / 4
    }

    /// How long a measurement takes that is about what comes with time.
    pub fn long_run_for(&self) -> Duration {
        self.run_for * self.long
    }

    /// How long it is looked before each run what a bare client and receiver exchange.
    pub fn bare_for(&self) -> Duration {
        self.run_for / 3
    }

    /// How many deliveries wait, or calls are stored, where there are many.
    pub fn many(&self) -> u64 {
        let share = self.run_for.div_duration_f64(self.usual_run_for);
        (self.many as f64 * share.min(1.0)).ceil() as u64
    }

    /// How many of them come in through the door; the others are copies. More than a lane reads at
    /// a time, for copies cannot be opened.
    pub fn first(&self) -> u64 {
        (self.many() / FIRST_OF_MANY).clamp(FIRST_MIN, FIRST_MAX)
    }

    /// How many deliveries make a measurement where time would make too many or too few.
    pub fn deliveries(&self) -> u64 {
        (DELIVERIES_PER_SECOND * self.run_for.as_secs_f64()).ceil() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many(plan: Plan, run_for: Duration) -> u64 {
        Plan { run_for, ..plan }.many()
    }

    #[test]
    fn a_shorter_run_has_less_of_what_is_many_and_a_longer_one_no_more() {
        let (thorough, quick) = (Plan::thorough(Vec::new()), Plan::quick(Vec::new()));
        assert_eq!(thorough.many(), 1_000_000);
        assert_eq!(many(thorough, Duration::from_secs(9)), 1_000_000);
        assert_eq!(many(quick.clone(), Duration::from_millis(100)), 2_000);
        assert_eq!(quick.many(), 20_000);
    }

    #[test]
    fn what_comes_with_time_has_five_minutes() {
        let plan = Plan::thorough(Vec::new());
        assert_eq!(plan.long_run_for() * 5, Duration::from_secs(300));
    }
}
