//! The benchmarks, a file each: what is set up, what is sent, what is read off.

mod backlog;
mod dead;
mod delivered;
mod in_turns;
mod ingest;
mod kept;
mod old_reader;
mod results;
mod saturation;
mod steady;
mod stored;
mod subscriptions;
mod waiting;

use super::{
    lab::Lab,
    report::{Benchmark, Case, Failure},
    workload::Workload,
};

/// Connections that a load comes over, where nothing else is said.
const CONNECTIONS: usize = 64;
/// A report of this size becomes a delivery of about the same.
const REPORT_BYTES: usize = 1_024;

pub async fn measure(workload: Workload, lab: &Lab) -> Benchmark {
    let mut benchmark = Benchmark::new(workload);
    let into = &mut benchmark;
    let measured = match workload {
        Workload::B1 => ingest::measure(lab, into).await,
        Workload::B2 => saturation::measure(lab, into).await,
        Workload::B3 => steady::measure(lab, into).await,
        Workload::B4 => backlog::measure(lab, into).await,
        Workload::B5 => subscriptions::measure(lab, into).await,
        Workload::B6 => dead::measure(lab, into).await,
        Workload::B7 => waiting::measure(lab, into).await,
        Workload::B8 => old_reader::measure(lab, into).await,
        Workload::B9 => results::measure(lab, into).await,
        Workload::B10 => stored::measure(lab, into).await,
    };
    if let Err(why) = measured {
        benchmark.broke_off(lab, workload.title().to_owned(), &why);
    }
    benchmark
}

impl Benchmark {
    /// Measures a case and tells at once what came of it, since the end may be an hour away. One that
    /// breaks off takes no other with it.
    async fn try_case(
        &mut self,
        lab: &Lab,
        mut case: Case,
        measure: impl AsyncFnOnce(&mut Case) -> anyhow::Result<()>,
    ) -> Option<Case> {
        lab.say(&format!("  {}", case.name()));
        match measure(&mut case).await {
            Ok(()) => {
                lab.say(&format!("    {}", case.line()));
                Some(case)
            }
            Err(why) => {
                self.broke_off(lab, case.name(), &why);
                lab.clean_up().await;
                None
            }
        }
    }

    fn broke_off(&mut self, lab: &Lab, what: String, why: &anyhow::Error) {
        let why = format!("{why:#}");
        lab.say(&format!("    FAILED: {why}"));
        self.failures.push(Failure { what, why });
    }
}
