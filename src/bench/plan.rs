//! What is measured, how long, how often, and on what.

use std::{env, path::PathBuf, time::Duration};

use super::{store::Kind, workload::Workload};
use crate::config::Secret;

const RUNS: usize = 5;
const RUN_FOR: Duration = Duration::from_secs(5);
const QUICK_RUN_FOR: Duration = Duration::from_secs(1);
/// Of a load that is given in deliveries, so many make a second.
const DELIVERIES_PER_SECOND: f64 = 6_000.0;

#[derive(Clone, Debug)]
pub struct Plan {
    pub workloads: Vec<Workload>,
    /// How often each case is measured.
    pub runs: usize,
    /// How long a measurement takes.
    pub run_for: Duration,
    /// Whether only the first case of a benchmark is measured, where they are alike.
    pub first_alone: bool,
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
            first_alone: false,
            signed: false,
            stores: vec![Kind::Null, Kind::Sqlite, Kind::Postgres],
            database_url: None,
            folder: None,
        }
    }

    /// One run of a second, and fewer cases: to see how it is, roughly.
    pub fn quick(workloads: Vec<Workload>) -> Self {
        Self {
            runs: 1,
            run_for: QUICK_RUN_FOR,
            first_alone: true,
            ..Self::thorough(workloads)
        }
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.clone().unwrap_or_else(env::temp_dir)
    }

    /// The cases that are measured of those that there are.
    pub fn some<'a, T>(&self, cases: &'a [T]) -> &'a [T] {
        match self.first_alone {
            true => &cases[..cases.len().min(1)],
            false => cases,
        }
    }

    /// What goes before the first measurement and is forgotten.
    pub fn warm_up(&self) -> Duration {
        self.run_for / 4
    }

    /// How many deliveries make a measurement where time would make too many or too few.
    pub fn deliveries(&self) -> u64 {
        self.scaled(DELIVERIES_PER_SECOND)
    }

    /// So many a second, over a measurement.
    pub fn scaled(&self, per_second: f64) -> u64 {
        (per_second * self.run_for.as_secs_f64()).ceil() as u64
    }
}
