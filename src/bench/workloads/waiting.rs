//! B7: a million deliveries wait for receivers that are not there. What does waiting cost, in memory
//! and on the disk?

use super::{CONNECTIONS, REPORT_BYTES};
use crate::bench::{
    bed::{Bed, Setting},
    lab::Lab,
    load::{Pace, Until},
    receiver::Manner,
    report::{Bound, Case, count},
    store::Store,
};

const SUBSCRIBERS: usize = 1_000;
const MIB: f64 = 1_048_576.0;
/// 300 MB.
const MEMORY_MIB_MAX: f64 = 286.0;
const ROW_BYTES_MAX: f64 = 350.0;

pub(super) async fn measure(lab: &Lab) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for store in lab.databases() {
        cases.push(measure_case(lab, &store).await?);
    }
    Ok(cases)
}

async fn measure_case(lab: &Lab, store: &Store) -> anyhow::Result<Case> {
    let events = lab.plan.many().div_ceil(SUBSCRIBERS as u64);
    let waiting = events as f64 * SUBSCRIBERS as f64;
    let what = format!(
        "{} waiting for {SUBSCRIBERS} subscribers",
        count(events * SUBSCRIBERS as u64)
    );
    lab.say(&format!("  {}, {what}", store.kind().name()));
    let setting = Setting {
        report_bytes: REPORT_BYTES,
        subscribers: vec![Manner::IsNotThere; SUBSCRIBERS],
    };
    let mut bed = Bed::set_up(lab, store, &setting).await?;
    let mut case = Case::new(store, what);
    let until = Until::Sent(events);
    bed.report(CONNECTIONS, Pace::AsFastAsItGoes, until).await?;
    let row = bed.database.queue_bytes().await?.map(|it| it / waiting);
    case.add("queue_per_row", "B", row);
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
    bed.tear_down().await?;
    Ok(case)
}

/// The first tries fail, and breakers open.
async fn calm_down(lab: &Lab) {
    lab.clock.sleep(lab.plan.run_for * 2).await;
}
