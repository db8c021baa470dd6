//! B10: events are taken in beside a thousand stored calls, and beside a million. What is old should
//! cost nothing.
//!
//! The first calls are reported, as many as the few; the others are copies of theirs, written straight into the
//! database while the server is stopped. The processor time is that of the server and, where it is
//! known, that of its database.

use super::{CONNECTIONS, REPORT_BYTES, in_turns::Scene};
use crate::bench::{
    bed::{Bed, Setting, since},
    lab::Lab,
    load::{Pace, Until},
    report::{Benchmark, Bound, Case, count},
    store::{Store, again},
};

const GROWTH_MAX: f64 = 1.2;

/// How often the first calls are there once more.
struct Stored {
    first: u64,
    copies: u64,
}

pub(super) async fn measure(lab: &Lab, into: &mut Benchmark) -> anyhow::Result<()> {
    let first = lab.plan.first();
    let most = (lab.plan.many() / first).max(2) - 1;
    for store in lab.databases() {
        let scenes = [0, most].map(|copies| Stored { first, copies });
        into.in_turns(lab, &store, scenes.into(), compare).await;
    }
    Ok(())
}

impl Scene for Stored {
    fn name(&self) -> String {
        format!("{} calls stored", count(self.first * (self.copies + 1)))
    }

    async fn set_up(&self, lab: &Lab, store: &Store, _: &mut Case) -> anyhow::Result<Bed> {
        let setting = Setting {
            report_bytes: REPORT_BYTES,
            subscribers: Vec::new(),
        };
        let mut bed = Bed::set_up(lab, store, &setting).await?;
        let first = Until::Sent(self.first);
        bed.report(CONNECTIONS, Pace::AsFastAsItGoes, first).await?;
        bed.stop().await?;
        let now = lab.clock.millis();
        bed.database
            .repeat(&again::calls(), self.copies, now)
            .await?;
        bed.start_again().await?;
        Ok(bed)
    }

    async fn run(&self, lab: &Lab, bed: &mut Bed, case: &mut Case) -> anyhow::Result<()> {
        let warm_up = Until::Passed(lab.plan.warm_up());
        bed.report(CONNECTIONS, Pace::AsFastAsItGoes, warm_up)
            .await?;
        let cpu = all_cpu(bed);
        let until = Until::Passed(lab.plan.run_for);
        let went = bed.report(CONNECTIONS, Pace::AsFastAsItGoes, until).await?;
        let cpu = since(cpu, all_cpu(bed)).map(|cpu| cpu.as_secs_f64() * 1e6);
        let each = cpu.map(|cpu| cpu / went.sent.len() as f64);
        case.add("cpu_per_thousand", "ms", each);
        case.add("acks", "/s", went.per_second());
        case.add("p99", "ms", went.latencies().millis_at(0.99));
        Ok(())
    }
}

fn compare(_: &Stored, many: &mut Case, few: &Case) {
    let growth = many.times(few, "cpu_per_thousand");
    many.add("cpu_growth", "×", growth);
    many.wants("cpu_growth", Bound::AtMost, GROWTH_MAX);
}

fn all_cpu(bed: &Bed) -> Option<std::time::Duration> {
    Some(bed.cpu()? + bed.database.server_cpu().unwrap_or_default())
}
