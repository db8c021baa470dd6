//! What is measured, how long, how often, and on what.

use std::{env, path::PathBuf, time::Duration};

use super::{store::Kind, workload::Workload};
use crate::config::Secret;

const RUNS: usize = 5;
const RUN_FOR: Duration = Duration::from_secs(5);
const QUICK_RUN_FOR: Duration = Duration::from_secs(1);
/// Where time has to pass for something to show, a measurement is so many times as long.
const LONG: u32 = 12;
const QUICK_LONG: u32 = 2;
const MANY_PER_SECOND: f64 = 200_000.0;
const QUICK_MANY_PER_SECOND: f64 = 50_000.0;
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
    /// How much is many of what is kept, a second: it takes as long to fill as to measure.
    pub many_per_second: f64,
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
    /// Five runs of five seconds.
    pub fn thorough(workloads: Vec<Workload>) -> Self {
        Self {
            workloads,
            runs: RUNS,
            run_for: RUN_FOR,
            long: LONG,
            many_per_second: MANY_PER_SECOND,
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
            many_per_second: QUICK_MANY_PER_SECOND,
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

    /// How many deliveries wait, or calls are stored, where there are many: a million, over the five
    /// seconds of a thorough run.
    pub fn many(&self) -> u64 {
        self.scaled(self.many_per_second)
    }

    /// How many of them come in through the door; the others are copies. More than a lane reads at
    /// a time, for copies cannot be opened.
    pub fn first(&self) -> u64 {
        (self.many() / FIRST_OF_MANY).clamp(FIRST_MIN, FIRST_MAX)
    }

    /// How many deliveries make a measurement where time would make too many or too few.
    pub fn deliveries(&self) -> u64 {
        self.scaled(DELIVERIES_PER_SECOND)
    }

    /// So many a second, over a measurement.
    fn scaled(&self, per_second: f64) -> u64 {
        (per_second * self.run_for.as_secs_f64()).ceil() as u64
    }
}
