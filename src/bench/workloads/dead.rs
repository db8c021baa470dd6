//! B6: ten receivers, of which none or half are dead, in each of three ways. The healthy ones should
//! not notice.

use super::{CONNECTIONS, REPORT_BYTES, in_turns::Scene, kept::Kept};
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
const HALVES: [Half; 4] = [
    Half(Manner::Answers, "none dead"),
    Half(Manner::IsNotThere, "half not there"),
    Half(Manner::Fails, "half answer 500"),
    Half(Manner::NeverAnswers, "half never answer"),
];
const P99_GROWTH_MAX: f64 = 1.5;
const RATE_SHARE_MIN: f64 = 0.95;

/// How half of them are, and what that is called.
#[derive(Clone, Copy)]
struct Half(Manner, &'static str);

pub(super) async fn measure(lab: &Lab, into: &mut Benchmark) -> anyhow::Result<()> {
    for store in lab.databases() {
        let halves = lab.plan.some(&HALVES, 2).to_vec();
        into.in_turns(lab, &store, halves, compare).await;
    }
    Ok(())
}

impl Half {
    fn healthy(self) -> usize {
        match self.0 {
            Manner::Answers => RECEIVERS,
            _ => RECEIVERS - DEAD,
        }
    }
}

impl Scene for Half {
    fn name(&self) -> String {
        self.1.to_owned()
    }

    async fn set_up(&self, lab: &Lab, store: &Store, _: &mut Case) -> anyhow::Result<Bed> {
        let mut subscribers = vec![Manner::Answers; RECEIVERS];
        subscribers[..DEAD].fill(self.0);
        let setting = Setting {
            report_bytes: REPORT_BYTES,
            subscribers,
        };
        Bed::set_up(lab, store, &setting).await
    }

    async fn run(&self, lab: &Lab, bed: &mut Bed, case: &mut Case) -> anyhow::Result<()> {
        let (pace, healthy) = (Pace::PerSecond(EVENTS_PER_SECOND), self.healthy());
        let warm_up = Until::Passed(lab.plan.warm_up());
        bed.deliver(CONNECTIONS, pace, warm_up, healthy).await?;
        let before = Kept::look(bed).await?;
        let until = Until::Passed(lab.plan.run_for);
        let delivered = bed.deliver(CONNECTIONS, pace, until, healthy).await?;
        let latencies = delivered.latencies();
        let each = delivered.per_second() / healthy as f64;
        case.add("deliveries_to_each_healthy", "/s", each);
        case.add("p50", "ms", latencies.millis_at(0.5));
        case.add("p99", "ms", latencies.millis_at(0.99));
        delivered.add_cpu(case, delivered.count());
        before.add_to(case, bed, healthy).await
    }
}

fn compare(_: &Half, case: &mut Case, all_healthy: &Case) {
    let growth = case.times(all_healthy, "p99");
    let share = case.times(all_healthy, "deliveries_to_each_healthy");
    case.add("p99_growth", "×", growth);
    case.add("rate_share", "×", share);
    case.wants("p99_growth", Bound::AtMost, P99_GROWTH_MAX);
    case.wants("rate_share", Bound::AtLeast, RATE_SHARE_MIN);
}
