//! B5: ten subscriptions or ten thousand, of which one or all hear what is told. What nobody hears
//! should cost nothing.

use super::{CONNECTIONS, REPORT_BYTES, kept::Kept};
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

pub(super) async fn measure(lab: &Lab, into: &mut Benchmark) -> anyhow::Result<()> {
    for store in lab.databases() {
        for hearing in lab.plan.some(&HEARINGS, 1) {
            let mut fewest: Option<Case> = None;
            for count in lab.plan.some(&COUNTS, 2) {
                let what = format!("{} of {count} subscriptions", hearing.name());
                let case = into
                    .try_case(lab, Case::new(&store, what), async |case| {
                        measure_case(lab, &store, *hearing, *count, case).await?;
                        if let Some(fewest) = &fewest {
                            compare(case, fewest, *hearing);
                        }
                        Ok(())
                    })
                    .await;
                if *count == COUNTS[0] {
                    fewest = case.clone();
                }
                into.cases.extend(case);
            }
        }
    }
    Ok(())
}

async fn measure_case(
    lab: &Lab,
    store: &Store,
    hearing: Hearing,
    count: u64,
    case: &mut Case,
) -> anyhow::Result<()> {
    let heard_by = match hearing {
        Hearing::One => 1,
        Hearing::All => count,
    };
    let setting = Setting {
        report_bytes: REPORT_BYTES,
        subscribers: Vec::new(),
    };
    let mut bed = Bed::set_up(lab, store, &setting).await?;
    bed.subscribe_many(count, Manner::Answers, hearing.wish())
        .await?;
    let (pace, until) = match hearing {
        Hearing::One => (
            Pace::PerSecond(EVENTS_PER_SECOND),
            Until::Passed(lab.plan.run_for),
        ),
        Hearing::All => (
            Pace::AsFastAsItGoes,
            Until::Sent(lab.plan.deliveries().div_ceil(count)),
        ),
    };
    let heard_by = usize::try_from(heard_by)?;
    bed.deliver(CONNECTIONS, pace, Until::Sent(1), heard_by)
        .await?;
    let before = Kept::look(&bed).await?;
    for _ in 0..lab.plan.runs {
        let delivered = bed.deliver(CONNECTIONS, pace, until, heard_by).await?;
        let latencies = delivered.latencies();
        delivered.add_cpu(case, delivered.count());
        case.add("p50", "ms", latencies.millis_at(0.5));
        case.add("p99", "ms", latencies.millis_at(0.99));
        case.add("deliveries", "/s", delivered.per_second());
    }
    before.add_to(case, &bed, heard_by).await?;
    bed.tear_down().await
}

/// How much dearer it is than with the fewest.
fn compare(case: &mut Case, fewest: &Case, hearing: Hearing) {
    for (figure, growth) in [("cpu_per_thousand", "cpu_growth"), ("p99", "p99_growth")] {
        let times = case.times(fewest, figure);
        case.add(growth, "×", times);
        if hearing == Hearing::One {
            case.wants(growth, Bound::AtMost, GROWTH_MAX);
        }
    }
}
