//! B5: ten subscriptions or ten thousand, of which one or all hear what is told. What nobody hears
//! should cost nothing.

use std::time::Duration;

use super::{CONNECTIONS, REPORT_BYTES, in_turns::Scene, kept::Kept};
use crate::bench::{
    bed::{Bed, Setting, Wish},
    lab::Lab,
    load::{Pace, Until},
    receiver::Manner,
    report::{Benchmark, Bound, Case},
    store::Store,
};

const COUNTS: [u64; 3] = [10, 1_000, 10_000];
const HEARINGS: [Hearing; 2] = [Hearing::One, Hearing::All];
const EVENTS_PER_SECOND: f64 = 200.0;
const GROWTH_MAX: f64 = 1.2;
/// A server that was just started takes its lanes meanwhile, which is no part of this.
const WARM_UP_MIN: Duration = Duration::from_secs(3);

/// Which of the subscriptions hear of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hearing {
    One,
    All,
}

impl Hearing {
    fn wish(self) -> Wish {
        match self {
            Self::One => |number| Some(number.to_string()),
            Self::All => |_| None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::All => "all",
        }
    }
}

struct Subscriptions {
    count: u64,
    hearing: Hearing,
}

pub(super) async fn measure(lab: &Lab, into: &mut Benchmark) -> anyhow::Result<()> {
    for store in lab.databases() {
        for hearing in lab.plan.some(&HEARINGS, 1) {
            let counts = lab.plan.some(&COUNTS, 2).iter();
            let scenes = counts.map(|count| Subscriptions {
                count: *count,
                hearing: *hearing,
            });
            into.in_turns(lab, &store, scenes.collect(), compare).await;
        }
    }
    Ok(())
}

impl Scene for Subscriptions {
    fn name(&self) -> String {
        format!("{} of {} subscriptions", self.hearing.name(), self.count)
    }

    async fn set_up(&self, lab: &Lab, store: &Store, _: &mut Case) -> anyhow::Result<Bed> {
        let setting = Setting {
            report_bytes: REPORT_BYTES,
            subscribers: Vec::new(),
        };
        let bed = Bed::set_up(lab, store, &setting).await?;
        bed.subscribe_many(self.count, Manner::Answers, self.hearing.wish())
            .await?;
        Ok(bed)
    }

    async fn run(&self, lab: &Lab, bed: &mut Bed, case: &mut Case) -> anyhow::Result<()> {
        let (pace, until, warm_up, heard_by) = match self.hearing {
            Hearing::One => (
                Pace::PerSecond(EVENTS_PER_SECOND),
                Until::Passed(lab.plan.run_for),
                Until::Passed(lab.plan.warm_up().max(WARM_UP_MIN)),
                1,
            ),
            Hearing::All => (
                Pace::AsFastAsItGoes,
                Until::Sent(lab.plan.deliveries().div_ceil(self.count)),
                Until::Sent(1),
                usize::try_from(self.count)?,
            ),
        };
        bed.deliver(CONNECTIONS, pace, warm_up, heard_by).await?;
        let before = Kept::look(bed).await?;
        let delivered = bed.deliver(CONNECTIONS, pace, until, heard_by).await?;
        let latencies = delivered.latencies();
        delivered.add_cpu(case, delivered.count());
        case.add("p50", "ms", latencies.millis_at(0.5));
        case.add("p99", "ms", latencies.millis_at(0.99));
        case.add("deliveries", "/s", delivered.per_second());
        before.add_to(case, bed, heard_by).await
    }
}

/// How much dearer it is than with the fewest.
fn compare(scene: &Subscriptions, case: &mut Case, fewest: &Case) {
    for (figure, growth) in [("cpu_per_thousand", "cpu_growth"), ("p99", "p99_growth")] {
        let times = case.times(fewest, figure);
        case.add(growth, "×", times);
        if scene.hearing == Hearing::One {
            case.wants(growth, Bound::AtMost, GROWTH_MAX);
        }
    }
}
