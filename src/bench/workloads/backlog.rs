//! B4: a few deliveries wait for dead receivers, or a million: all for one of them, or for a thousand.
//! Nobody else should notice: neither who sends events, nor who is healthy.
//!
//! The dead have asked for other events than those that come now, so what waits for them is what
//! waited before. It is written straight into the database, while the server is stopped.
//!
//! A healthy receiver's lane has in hand what it is told, and reads nothing. So in the end something
//! is held for it and let go, and what reading that takes is what reading takes.

use super::{CONNECTIONS, REPORT_BYTES, in_turns::Scene, kept::Kept};
use crate::bench::{
    bed::{Bed, Setting},
    lab::Lab,
    load::{Pace, Until},
    receiver::Manner,
    report::{Benchmark, Bound, Case, count},
    server::Histogram,
    store::{Store, again},
};

/// How many receivers are dead.
const DEAD: [u64; 2] = [1, 1_000];
/// The small backlog is so many times smaller.
const GROWS: u64 = 100;
/// It takes some failures until a receiver is known to be dead.
const EACH_MIN: u64 = 10;
const EVENTS_PER_SECOND: f64 = 200.0;
const GROWTH_MAX: f64 = 1.25;
/// A rate does not grow when things get worse: it shrinks.
const RATE_SHARE_MIN: f64 = 1.0 / GROWTH_MAX;
/// What is to stay as it was, and what it is called when it has grown.
const GROWTHS: [(&str, &str); 2] = [
    ("ingest_p99", "ingest_p99_growth"),
    ("claim_mean", "claim_growth"),
];

/// How much waits, and for how many.
#[derive(Clone, Copy)]
struct Backlog {
    dead: u64,
    /// Events that come in through the door, and how often they are copied.
    first: u64,
    copies: u64,
}

impl Backlog {
    fn of(lab: &Lab, waiting: u64, dead: u64) -> Self {
        let each = waiting.div_ceil(dead).max(EACH_MIN);
        let first = each.min(lab.plan.first());
        Self {
            dead,
            first,
            copies: each.div_ceil(first) - 1,
        }
    }
}

pub(super) async fn measure(lab: &Lab, into: &mut Benchmark) -> anyhow::Result<()> {
    let most = lab.plan.many();
    for store in lab.databases() {
        for dead in lab.plan.some(&DEAD, 1) {
            let backlogs = [most / GROWS, most].map(|waiting| Backlog::of(lab, waiting, *dead));
            into.in_turns(lab, &store, backlogs.into(), compare).await;
        }
    }
    Ok(())
}

impl Scene for Backlog {
    fn name(&self) -> String {
        let deliveries = self.first * (self.copies + 1) * self.dead;
        format!("{} for {} dead", count(deliveries), count(self.dead))
    }

    /// A healthy receiver, dead ones, and what waits for each of these: the first events, which are
    /// real, and copies. A dead one's lane reads no more than the first, for none is ever delivered.
    async fn set_up(&self, lab: &Lab, store: &Store, _: &mut Case) -> anyhow::Result<Bed> {
        let setting = Setting {
            report_bytes: REPORT_BYTES,
            subscribers: vec![Manner::Answers],
        };
        let mut bed = Bed::set_up(lab, store, &setting).await?;
        let other_lane = |_| Some("another".to_owned());
        bed.subscribe_many(self.dead, Manner::IsNotThere, other_lane)
            .await?;
        let first = Until::Sent(self.first);
        bed.deliver(CONNECTIONS, Pace::AsFastAsItGoes, first, 1)
            .await?;
        bed.stop().await?;
        let now = lab.clock.millis();
        bed.database
            .repeat(&again::events(), self.copies, now)
            .await?;
        bed.database.queue_for_the_choosy().await?;
        bed.start_again().await?;
        bed.given_up_on(self.dead).await?;
        Ok(bed)
    }

    async fn run(&self, lab: &Lab, bed: &mut Bed, case: &mut Case) -> anyhow::Result<()> {
        let steady = Pace::PerSecond(EVENTS_PER_SECOND);
        let warm_up = Until::Passed(lab.plan.warm_up());
        bed.deliver(CONNECTIONS, steady, warm_up, 1).await?;
        let before = Kept::look(bed).await?;
        let until = Until::Passed(lab.plan.run_for);
        let calm = bed.deliver(CONNECTIONS, steady, until, 1).await?;
        let until = Until::Sent(lab.plan.deliveries() / 2);
        let fast = bed
            .deliver(CONNECTIONS, Pace::AsFastAsItGoes, until, 1)
            .await?;
        case.add("deliveries", "/s", fast.per_second());
        case.add("ingest_p99", "ms", calm.went.latencies().millis_at(0.99));
        case.add("p99", "ms", calm.latencies().millis_at(0.99));
        fast.add_cpu(case, fast.count());
        let claimed = bed.claims().await?;
        let until = Until::Sent(lab.plan.deliveries() / 4);
        bed.deliver_from_queue(CONNECTIONS, until).await?;
        add_claims(case, &bed.claims().await?.since(&claimed));
        before.add_to(case, bed, 1).await
    }
}

/// Of what was held for the healthy one, and of the dead ones that are tried again meanwhile.
fn add_claims(case: &mut Case, claims: &Histogram) {
    if claims.count > 0.0 {
        case.add("claims", "", claims.count);
        case.add("claim_mean", "ms", claims.mean_millis());
        case.add("claim_p99_within", "ms", claims.millis_within(0.99));
    }
}

fn compare(_: &Backlog, large: &mut Case, small: &Case) {
    for (figure, growth) in GROWTHS {
        let times = large.times(small, figure);
        large.add(growth, "×", times);
        large.wants(growth, Bound::AtMost, GROWTH_MAX);
    }
    let share = large.times(small, "deliveries");
    large.add("rate_share", "×", share);
    large.wants("rate_share", Bound::AtLeast, RATE_SHARE_MIN);
}
