//! B10: events are taken in beside a thousand stored calls, and beside a million. What is old should
//! cost nothing.
//!
//! The first calls are reported, as many as the few; the others are copies of theirs, written straight into the
//! database while the server is stopped. The processor time is that of the server and, where it is
//! known, that of its database.

use super::{CONNECTIONS, REPORT_BYTES};
use crate::bench::{
    bed::{Bed, Setting, since},
    lab::Lab,
    load::{Pace, Until},
    report::{Benchmark, Bound, Case, count},
    store::{Store, again},
};

const GROWTH_MAX: f64 = 1.2;

pub(super) async fn measure(lab: &Lab, into: &mut Benchmark) -> anyhow::Result<()> {
    let most = (lab.plan.many() / lab.plan.first()).max(2) - 1;
    for store in lab.databases() {
        let mut few: Option<Case> = None;
        for copies in [0, most] {
            let what = format!("{} calls stored", count(lab.plan.first() * (copies + 1)));
            let case = into
                .try_case(lab, Case::new(&store, what), async |case| {
                    measure_case(lab, &store, copies, case).await?;
                    if let Some(few) = &few {
                        compare(case, few);
                    }
                    Ok(())
                })
                .await;
            if copies == 0 {
                few = case.clone();
            }
            into.cases.extend(case);
        }
    }
    Ok(())
}

fn compare(many: &mut Case, few: &Case) {
    let growth = many.times(few, "cpu_per_thousand");
    many.add("cpu_growth", "×", growth);
    many.wants("cpu_growth", Bound::AtMost, GROWTH_MAX);
}

async fn measure_case(
    lab: &Lab,
    store: &Store,
    copies: u64,
    case: &mut Case,
) -> anyhow::Result<()> {
    let mut bed = set_up(lab, store, copies).await?;
    let warm_up = Until::Passed(lab.plan.warm_up());
    bed.report(CONNECTIONS, Pace::AsFastAsItGoes, warm_up)
        .await?;
    for _ in 0..lab.plan.runs {
        let cpu = all_cpu(&bed);
        let until = Until::Passed(lab.plan.run_for);
        let went = bed.report(CONNECTIONS, Pace::AsFastAsItGoes, until).await?;
        let cpu = since(cpu, all_cpu(&bed)).map(|cpu| cpu.as_secs_f64() * 1e6);
        let each = cpu.map(|cpu| cpu / went.sent.len() as f64);
        case.add("cpu_per_thousand", "ms", each);
        case.add("acks", "/s", went.per_second());
        case.add("p99", "ms", went.latencies().millis_at(0.99));
    }
    bed.tear_down().await
}

async fn set_up(lab: &Lab, store: &Store, copies: u64) -> anyhow::Result<Bed> {
    let setting = Setting {
        report_bytes: REPORT_BYTES,
        subscribers: Vec::new(),
    };
    let mut bed = Bed::set_up(lab, store, &setting).await?;
    bed.report(
        CONNECTIONS,
        Pace::AsFastAsItGoes,
        Until::Sent(lab.plan.first()),
    )
    .await?;
    bed.stop().await?;
    let now = lab.clock.millis();
    bed.database.repeat(&again::calls(), copies, now).await?;
    bed.start_again().await?;
    Ok(bed)
}

fn all_cpu(bed: &Bed) -> Option<std::time::Duration> {
    Some(bed.cpu()? + bed.database.server_cpu().unwrap_or_default())
}
