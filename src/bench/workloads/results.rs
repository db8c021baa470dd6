//! B9: results are read at a steady rate while events are taken in and delivered as fast as it goes.

use super::{CONNECTIONS, REPORT_BYTES, kept::Kept};
use crate::bench::{
    bed::{Bed, Setting},
    lab::Lab,
    load::{self, Load, Pace, Until, letter::call_id},
    receiver::Manner,
    report::{Benchmark, Bound, Case},
    store::Store,
};

/// Calls whose results are read, again and again.
const CALLS: u64 = 1_000;
const READS_PER_SECOND: f64 = 500.0;
const P99_MILLIS: f64 = 10.0;

pub(super) async fn measure(lab: &Lab, into: &mut Benchmark) -> anyhow::Result<()> {
    for store in lab.databases() {
        let what = format!("{READS_PER_SECOND} reads/s beside 1 subscriber");
        let case = into
            .try_case(lab, Case::new(&store, what), async |case| {
                measure_case(lab, &store, case).await
            })
            .await;
        into.cases.extend(case);
    }
    Ok(())
}

async fn measure_case(lab: &Lab, store: &Store, case: &mut Case) -> anyhow::Result<()> {
    let setting = Setting {
        report_bytes: REPORT_BYTES,
        subscribers: vec![Manner::Answers],
    };
    let mut bed = Bed::set_up(lab, store, &setting).await?;
    let first = Until::Sent(CALLS);
    bed.deliver(CONNECTIONS, Pace::AsFastAsItGoes, first, 1)
        .await?;
    let before = Kept::look(&bed).await?;
    for _ in 0..lab.plan.runs {
        let reads = load::send(reads(lab, &bed));
        let until = Until::Passed(lab.plan.run_for);
        let writes = bed.deliver(CONNECTIONS, Pace::AsFastAsItGoes, until, 1);
        let (reads, writes) = tokio::try_join!(reads, writes)?;
        let latencies = reads.latencies();
        case.add("p50", "ms", latencies.millis_at(0.5));
        case.add("p99", "ms", latencies.millis_at(0.99));
        case.add("p999", "ms", latencies.millis_at(0.999));
        case.add("deliveries_beside", "/s", writes.per_second());
        writes.add_cpu(case, writes.count());
    }
    before.add_to(case, &bed, 1).await?;
    case.wants("p99", Bound::AtMost, P99_MILLIS);
    bed.tear_down().await
}

fn reads(lab: &Lab, bed: &Bed) -> Load {
    let api = bed.api.clone();
    Load {
        address: api.address,
        connections: CONNECTIONS,
        pace: Pace::PerSecond(READS_PER_SECOND),
        until: Until::Passed(lab.plan.run_for),
        first: 0,
        write: std::sync::Arc::new(move |number, to| {
            let path = format!("/api/v1/vapi/calls/{}", call_id(number % CALLS));
            to.extend(api.request("GET", &path, ""));
        }),
    }
}
