//! B1: reports are sent over so many connections, each as soon as the one before was answered. Every
//! answer means that a report is durable. Nobody subscribes.
//!
//! The ceiling is the whole null pipeline, signing and sending included, as it is everywhere, and it is
//! measured again before every run. Beside it stands what the same server takes where it does nothing
//! but understand and answer.

use std::time::Duration;

use super::{
    CONNECTIONS, REPORT_BYTES,
    kept::{Grown, Kept},
};
use crate::bench::{
    bed::{Bed, Setting, since},
    ceiling::Ceiling,
    lab::Lab,
    load::{Pace, Until, Went},
    receiver::Manner,
    report::{Benchmark, Bound, Case},
    store::{Kind, Store},
};

/// Connections, and how large a report is.
const LOADS: [(usize, usize); 4] = [
    (CONNECTIONS, REPORT_BYTES),
    (CONNECTIONS, 6 * REPORT_BYTES),
    (512, REPORT_BYTES),
    (512, 6 * REPORT_BYTES),
];
const MIB: f64 = 1_048_576.0;

const SHARE_ON_SQLITE: f64 = 0.6;
const SHARE_ON_POSTGRES: f64 = 0.4;
const P99_MILLIS: f64 = 50.0;

/// What is sent.
#[derive(Clone, Copy)]
struct Load {
    connections: usize,
    report_bytes: usize,
}

impl Load {
    /// To somebody it is told by the whole null pipeline alone.
    fn setting(self, subscribers: Vec<Manner>) -> Setting {
        Setting {
            report_bytes: self.report_bytes,
            subscribers,
        }
    }
}

pub(super) async fn measure(lab: &Lab, into: &mut Benchmark) -> anyhow::Result<()> {
    for (connections, report_bytes) in lab.plan.some(&LOADS, 1) {
        let load = Load {
            connections: *connections,
            report_bytes: *report_bytes,
        };
        let what = format!("{connections} connections, {} KB", report_bytes / 1_024);
        for store in &lab.stores {
            let mut cases = vec![(what.clone(), Vec::new())];
            if store.kind() == Kind::Null {
                cases[0].0.push_str(", only answering");
                cases.insert(0, (what.clone(), vec![Manner::Answers]));
            }
            for (what, subscribers) in cases {
                let case = into
                    .try_case(lab, Case::new(store, what), async |case| {
                        measure_case(lab, store, load, subscribers, case).await
                    })
                    .await;
                into.cases.extend(case);
            }
        }
    }
    Ok(())
}

async fn measure_case(
    lab: &Lab,
    store: &Store,
    load: Load,
    subscribers: Vec<Manner>,
    case: &mut Case,
) -> anyhow::Result<()> {
    let connections = load.connections;
    let mut bed = Bed::set_up(lab, store, &load.setting(subscribers)).await?;
    let whole = load.setting(vec![Manner::Answers]);
    let mut ceiling = Ceiling::beside(store, lab, &whole).await?;
    let as_fast_as_it_goes = async |bed: &mut Bed, time| {
        bed.report(connections, Pace::AsFastAsItGoes, Until::Passed(time))
            .await
    };
    let warm_up = lab.plan.warm_up();
    as_fast_as_it_goes(&mut bed, warm_up).await?;
    let rate = async |bed: &mut Bed, time| Ok(as_fast_as_it_goes(bed, time).await?.per_second());
    ceiling.now(async |bed| rate(bed, warm_up).await).await?;
    let before = Kept::look(&bed).await?;
    for _ in 0..lab.plan.runs {
        let time = lab.plan.run_for;
        let ceiling = ceiling.now(async |bed| rate(bed, time).await).await?;
        let cpu = bed.cpu();
        let went = as_fast_as_it_goes(&mut bed, time).await?;
        add_run(case, &went, since(cpu, bed.cpu()), ceiling);
    }
    ceiling.tear_down().await?;
    add_kept(case, &Kept::look(&bed).await?.since(&before));
    case.add("memory", "MiB", bed.resident_bytes().map(|it| it / MIB));
    add_calm(lab, &mut bed, connections, case).await?;
    add_targets(case, store.kind());
    bed.tear_down().await
}

fn add_run(case: &mut Case, went: &Went, cpu: Option<Duration>, ceiling: Option<f64>) {
    let rate = went.per_second();
    let latencies = went.latencies();
    case.add("acks", "/s", rate);
    case.add("of_null", "", case.share_of(ceiling, rate));
    case.add("p50", "ms", latencies.millis_at(0.5));
    case.add("p99", "ms", latencies.millis_at(0.99));
    let per_thousand = |cpu: Duration| cpu.as_secs_f64() * 1e6 / went.sent.len() as f64;
    case.add("cpu_per_thousand", "ms", cpu.map(per_thousand));
}

/// At half of the rate nothing queues, and a latency is that of one event.
async fn add_calm(
    lab: &Lab,
    bed: &mut Bed,
    connections: usize,
    case: &mut Case,
) -> anyhow::Result<()> {
    let half = Pace::PerSecond(case.median("acks").unwrap_or(1.0) / 2.0);
    let went = bed
        .report(connections, half, Until::Passed(lab.plan.run_for))
        .await?;
    let latencies = went.latencies();
    case.add("p99_at_half_rate", "ms", latencies.millis_at(0.99));
    Ok(())
}

/// What each event has cost to keep.
fn add_kept(case: &mut Case, grown: &Grown) {
    let events = grown.events;
    let commits = grown.commits.filter(|commits| *commits > 0.0);
    case.add("per_commit", "events", commits.map(|it| events / it));
    case.add("database_per_event", "B", grown.bytes.map(|it| it / events));
}

fn add_targets(case: &mut Case, kind: Kind) {
    let share = match kind {
        Kind::Null => return,
        Kind::Sqlite => SHARE_ON_SQLITE,
        Kind::Postgres => SHARE_ON_POSTGRES,
    };
    case.wants("of_null", Bound::AtLeast, share);
    case.wants("p99", Bound::AtMost, P99_MILLIS);
}
