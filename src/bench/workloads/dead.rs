//! B6: ten receivers, of which none or half are dead, in each of three ways. The healthy ones should
//! not notice.

use super::{CONNECTIONS, REPORT_BYTES, kept::Kept};
use crate::bench::{
    bed::{Bed, Setting},
    lab::Lab,
    load::{Pace, Until},
    receiver::Manner,
    report::{Benchmark, Bound, Case},
    store::Store,
};

const RECEIVERS: usize = 10;
const DEAD: usize = 5;
const EVENTS_PER_SECOND: f64 = 100.0;
const MANNERS: [(Manner, &str); 4] = [
    (Manner::Answers, "none dead"),
    (Manner::IsNotThere, "half not there"),
    (Manner::Fails, "half answer 500"),
    (Manner::NeverAnswers, "half never answer"),
];
const P99_GROWTH_MAX: f64 = 1.5;
const RATE_SHARE_MIN: f64 = 0.95;

pub(super) async fn measure(lab: &Lab, into: &mut Benchmark) -> anyhow::Result<()> {
    for store in lab.databases() {
        let mut all_healthy: Option<Case> = None;
        for (manner, what) in lab.plan.some(&MANNERS, 2) {
            let case = into
                .try_case(lab, Case::new(&store, *what), async |case| {
                    measure_case(lab, &store, *manner, case).await?;
                    if let Some(all_healthy) = &all_healthy {
                        compare(case, all_healthy);
                    }
                    Ok(())
                })
                .await;
            if *manner == Manner::Answers {
                all_healthy = case.clone();
            }
            into.cases.extend(case);
        }
    }
    Ok(())
}

async fn measure_case(
    lab: &Lab,
    store: &Store,
    manner: Manner,
    case: &mut Case,
) -> anyhow::Result<()> {
    let mut subscribers = vec![Manner::Answers; RECEIVERS];
    subscribers[..DEAD].fill(manner);
    let healthy = subscribers
        .iter()
        .filter(|it| **it == Manner::Answers)
        .count();
    let setting = Setting {
        report_bytes: REPORT_BYTES,
        subscribers,
    };
    let mut bed = Bed::set_up(lab, store, &setting).await?;
    let pace = Pace::PerSecond(EVENTS_PER_SECOND);
    let warm_up = Until::Passed(lab.plan.warm_up());
    bed.deliver(CONNECTIONS, pace, warm_up, healthy).await?;
    let before = Kept::look(&bed).await?;
    for _ in 0..lab.plan.runs {
        let until = Until::Passed(lab.plan.run_for);
        let delivered = bed.deliver(CONNECTIONS, pace, until, healthy).await?;
        let latencies = delivered.latencies();
        let each = delivered.per_second() / healthy as f64;
        case.add("deliveries_to_each_healthy", "/s", each);
        case.add("p50", "ms", latencies.millis_at(0.5));
        case.add("p99", "ms", latencies.millis_at(0.99));
        delivered.add_cpu(case, delivered.count());
    }
    before.add_to(case, &bed, healthy).await?;
    bed.tear_down().await
}

fn compare(case: &mut Case, all_healthy: &Case) {
    let growth = case.times(all_healthy, "p99");
    let share = case.times(all_healthy, "deliveries_to_each_healthy");
    case.add("p99_growth", "×", growth);
    case.add("rate_share", "×", share);
    case.wants("p99_growth", Bound::AtMost, P99_GROWTH_MAX);
    case.wants("rate_share", Bound::AtLeast, RATE_SHARE_MIN);
}
