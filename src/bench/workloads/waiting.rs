//! B7: a million deliveries wait for receivers that are not there. What does waiting cost, in memory
//! and on the disk?

use super::{CONNECTIONS, REPORT_BYTES};
use crate::bench::{
    bed::{Bed, Setting},
    lab::Lab,
    load::{Pace, Until},
    receiver::Manner,
    report::{Benchmark, Bound, Case, count},
    store::Store,
};

const SUBSCRIBERS: usize = 1_000;
const MIB: f64 = 1_048_576.0;
/// 300 MB.
const MEMORY_MIB_MAX: f64 = 286.0;
const ROW_BYTES_MAX: f64 = 350.0;

pub(super) async fn measure(lab: &Lab, into: &mut Benchmark) -> anyhow::Result<()> {
    let events = lab.plan.many().div_ceil(SUBSCRIBERS as u64);
    let waiting = count(events * SUBSCRIBERS as u64);
    for store in lab.databases() {
        let what = format!("{waiting} waiting for {SUBSCRIBERS} subscribers");
        let case = into
            .try_case(lab, Case::new(&store, what), async |case| {
                measure_case(lab, &store, events, case).await
            })
            .await;
        into.cases.extend(case);
    }
    Ok(())
}

async fn measure_case(
    lab: &Lab,
    store: &Store,
    events: u64,
    case: &mut Case,
) -> anyhow::Result<()> {
    let waiting = events as f64 * SUBSCRIBERS as f64;
    let setting = Setting {
        report_bytes: REPORT_BYTES,
        subscribers: vec![Manner::IsNotThere; SUBSCRIBERS],
    };
    let mut bed = Bed::set_up(lab, store, &setting).await?;
    let until = Until::Sent(events);
    bed.report(CONNECTIONS, Pace::AsFastAsItGoes, until).await?;
    let row = bed.database.queue_bytes().await?.map(|it| it / waiting);
    case.add("queue_per_row", "B", row);
    bed.given_up_on(SUBSCRIBERS as u64).await?;
    calm_down(lab).await;
    case.add("memory", "MiB", bed.resident_bytes().map(|it| it / MIB));
    bed.stop().await?;
    bed.start_again().await?;
    calm_down(lab).await;
    let after = bed.resident_bytes().map(|it| it / MIB);
    case.add("memory_after_restart", "MiB", after);
    case.wants("queue_per_row", Bound::AtMost, ROW_BYTES_MAX);
    case.wants("memory", Bound::AtMost, MEMORY_MIB_MAX);
    case.wants("memory_after_restart", Bound::AtMost, MEMORY_MIB_MAX);
    bed.tear_down().await
}

/// What was only wanted for the moment is let go.
async fn calm_down(lab: &Lab) {
    lab.clock.sleep(lab.plan.run_for).await;
}
