//! B3: reports at a steady rate, told to one subscriber: how long from the moment in which a report
//! should have been sent until the subscriber has it.

use super::{CONNECTIONS, REPORT_BYTES, kept::Kept};
use crate::bench::{
    bed::{Bed, Setting},
    lab::Lab,
    load::{Pace, Until},
    receiver::Manner,
    report::{Bound, Case},
    store::{Kind, Store},
};

const RATES: [f64; 3] = [RATE_OF_TARGETS, 50.0, 1_000.0];
/// The rate that the peer was measured at.
const RATE_OF_TARGETS: f64 = 200.0;
const P50_MILLIS: f64 = 3.0;
/// Half of the peer's 19 ms is less than this.
const P99_MILLIS: f64 = 9.5;

pub(super) async fn measure(lab: &Lab) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for rate in lab.plan.some(&RATES, 1) {
        for store in &lab.stores {
            cases.push(measure_case(lab, store, *rate).await?);
        }
    }
    Ok(cases)
}

async fn measure_case(lab: &Lab, store: &Store, rate: f64) -> anyhow::Result<Case> {
    let what = format!("{rate} events/s");
    lab.say(&format!("  {}, {what}", store.kind().name()));
    let setting = Setting {
        report_bytes: REPORT_BYTES,
        subscribers: vec![Manner::Answers],
    };
    let mut bed = Bed::set_up(lab, store, &setting).await?;
    let mut case = Case::new(store, what);
    let pace = Pace::PerSecond(rate);
    let warm_up = Until::Passed(lab.plan.warm_up());
    bed.deliver(CONNECTIONS, pace, warm_up, 1).await?;
    let before = Kept::look(&bed).await?;
    for _ in 0..lab.plan.runs {
        let until = Until::Passed(lab.plan.run_for);
        let delivered = bed.deliver(CONNECTIONS, pace, until, 1).await?;
        let latencies = delivered.latencies();
        case.add("p50", "ms", latencies.millis_at(0.5));
        case.add("p99", "ms", latencies.millis_at(0.99));
        case.add("p999", "ms", latencies.millis_at(0.999));
        delivered.add_cpu(&mut case, delivered.count());
    }
    before.add_to(&mut case, &bed, 1).await?;
    if store.kind() != Kind::Null && rate == RATE_OF_TARGETS {
        case.wants("p50", Bound::AtMost, P50_MILLIS);
        case.wants("p99", Bound::AtMost, P99_MILLIS);
    }
    bed.tear_down().await?;
    Ok(case)
}
