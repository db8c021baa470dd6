//! The whole system, measured from outside.
//!
//! ```text
//!   load ──▶ server ──────────────▶ receiver
//!   letters,  a child process:       counts who has
//!   turns,    ringback on SQLite,    heard of what,
//!   raw HTTP  on PostgreSQL, or      and when
//!             the null pipeline
//!        └──────────── workloads ─────────┘──▶ statistics ──▶ report ──▶ table, JSON, SVG
//! ```
//!
//! Machines differ and are shared, so a figure alone says little. The **null pipeline** is the
//! ceiling that all of them are compared with: the same HTTP server, authentication, understanding,
//! signing and client, with nothing stored. What is measured is a child process of this same
//! binary, in a folder of its own, so that its processor time and memory are its own.
//!
//! Load is open-loop where a rate is asked for: a message is late from the moment it should have
//! been sent, not from when there was a connection free to send it. This is a benchmark and no
//! test: nothing here is asserted but that every message was taken and every delivery came. A case in
//! which one was not is given up, and told; the others are measured all the same.

mod bare;
mod bed;
mod ceiling;
mod folder;
mod http1;
mod lab;
mod load;
mod machine;
pub mod null;
mod peer;
mod plan;
mod receiver;
pub mod report;
mod server;
mod statistics;
mod store;
mod workload;
mod workloads;

pub use lab::Progress;
pub use plan::Plan;
pub use report::Report;
pub use store::{
    Kind,
    postgres::{Private, Programs},
};
pub use workload::Workload;

use lab::Lab;
use machine::Machine;

/// Runs what the plan names, one after the other.
pub async fn run(plan: Plan, progress: Progress) -> anyhow::Result<Report> {
    let machine = Machine::look(plan.folder())?;
    let lab = Lab::open(plan, progress).await?;
    let report = measure(&lab, machine).await;
    lab.clean_up().await;
    report
}

async fn measure(lab: &Lab, machine: Machine) -> anyhow::Result<Report> {
    let mut report = Report::new(machine, &lab.plan, lab.versions().await?);
    for workload in &lab.plan.workloads {
        lab.say(&format!("{workload}: {}", workload.title()));
        let measured = workloads::measure(*workload, lab).await;
        report.benchmarks.push(measured);
    }
    report.machine.look_at_load_again();
    Ok(report)
}
