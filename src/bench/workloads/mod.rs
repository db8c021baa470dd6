//! The benchmarks, a file each: what is set up, what is sent, what is read off.

mod backlog;
mod dead;
mod delivered;
mod ingest;
mod kept;
mod old_reader;
mod results;
mod saturation;
mod steady;
mod stored;
mod subscriptions;
mod waiting;

use super::{lab::Lab, report::Benchmark, workload::Workload};

/// Connections that a load comes over, where nothing else is said.
const CONNECTIONS: usize = 64;
/// A report of this size becomes a delivery of about the same.
const REPORT_BYTES: usize = 1_024;

pub async fn measure(workload: Workload, lab: &Lab) -> anyhow::Result<Benchmark> {
    let cases = match workload {
        Workload::B1 => ingest::measure(lab).await?,
        Workload::B2 => saturation::measure(lab).await?,
        Workload::B3 => steady::measure(lab).await?,
        Workload::B4 => backlog::measure(lab).await?,
        Workload::B5 => subscriptions::measure(lab).await?,
        Workload::B6 => dead::measure(lab).await?,
        Workload::B7 => waiting::measure(lab).await?,
        Workload::B8 => old_reader::measure(lab).await?,
        Workload::B9 => results::measure(lab).await?,
        Workload::B10 => stored::measure(lab).await?,
    };
    Ok(Benchmark {
        name: workload.to_string(),
        title: workload.title(),
        cases,
    })
}
