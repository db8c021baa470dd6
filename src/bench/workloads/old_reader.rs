//! B8: five minutes at a steady rate on PostgreSQL, while somebody holds a transaction open that has
//! looked once. Nothing that is deleted meanwhile can be cleaned away. What does a delivery write?
//!
//! An event is written once for all its subscribers, so what one delivery more costs is what five
//! subscribers cost beyond one, by four. The rate is a thousand events a second, or, where that is
//! too much for the machine, four fifths of what it can do; each case says which it was.

use super::{CONNECTIONS, REPORT_BYTES, kept::Kept};
use crate::bench::{
    bed::{Bed, Delivered, Setting},
    lab::Lab,
    load::{Pace, Until},
    receiver::Manner,
    report::{Benchmark, Bound, Case},
    store::{Kind, Store},
};

const MANY: usize = 5;
const EVENTS_PER_SECOND: f64 = 1_000.0;
/// What can be held for long, of what can be done for a moment.
const CAN_BE_HELD: f64 = 0.8;
/// So that a rate is a number that people remember.
const ROUND: f64 = 50.0;
const MIB: f64 = 1_048_576.0;
/// 0.7 KB.
const WRITTEN_BYTES_MAX: f64 = 717.0;
const COMMITS_MAX: f64 = 0.02;
/// A tenth may be lost.
const RATE_SHARE_MIN: f64 = 0.9;

#[derive(Clone, Copy)]
struct Scene {
    subscribers: usize,
    is_read: bool,
    /// Events a second.
    rate: f64,
}

pub(super) async fn measure(lab: &Lab, into: &mut Benchmark) -> anyhow::Result<()> {
    let of_postgres = |store: &Store| store.kind() == Kind::Postgres;
    let Some(store) = lab.databases().into_iter().find(of_postgres) else {
        lab.say("  it is about PostgreSQL alone");
        return Ok(());
    };
    let rate = rate(lab, &store).await?;
    let mut before = Vec::new();
    for (subscribers, is_read) in [(MANY, false), (1, true), (MANY, true)] {
        let scene = Scene {
            subscribers,
            is_read,
            rate,
        };
        let case = into
            .try_case(lab, Case::new(&store, scene.name()), async |case| {
                measure_case(lab, &store, scene, case).await?;
                if let [alone, one] = &before[..] {
                    compare(case, alone, one);
                }
                Ok(())
            })
            .await;
        before.extend(case.clone());
        into.cases.extend(case);
    }
    Ok(())
}

impl Scene {
    fn name(self) -> String {
        let reader = if self.is_read { ", an old reader" } else { "" };
        format!("{} events/s to {}{reader}", self.rate, self.subscribers)
    }
}

/// How many events a second can be told to all of them for minutes.
async fn rate(lab: &Lab, store: &Store) -> anyhow::Result<f64> {
    let mut bed = set_up(lab, store, MANY).await?;
    burst(lab, &mut bed, MANY).await?;
    let events = burst(lab, &mut bed, MANY).await?.per_second() / MANY as f64;
    bed.tear_down().await?;
    let held = (events * CAN_BE_HELD / ROUND).floor() * ROUND;
    Ok(held.clamp(ROUND, EVENTS_PER_SECOND))
}

async fn measure_case(
    lab: &Lab,
    store: &Store,
    scene: Scene,
    case: &mut Case,
) -> anyhow::Result<()> {
    let subscribers = scene.subscribers;
    let mut bed = set_up(lab, store, subscribers).await?;
    burst(lab, &mut bed, subscribers).await?;
    let reader = match scene.is_read {
        true => Some(bed.database.old_reader().await?),
        false => None,
    };
    for _ in 0..lab.plan.runs {
        add_minute(lab, &mut bed, scene, case).await?;
    }
    for _ in 0..lab.plan.runs {
        let rate = burst(lab, &mut bed, subscribers).await?.per_second();
        case.add("deliveries_at_most", "/s", rate);
    }
    let queue = bed.database.queue_bytes().await?;
    case.add("queue", "MiB", queue.map(|bytes| bytes / MIB));
    case.add("memory", "MiB", bed.resident_bytes().map(|it| it / MIB));
    if let Some(reader) = reader {
        reader.leave().await?;
    }
    bed.tear_down().await
}

/// One of the five, where the plan is a thorough one.
async fn add_minute(lab: &Lab, bed: &mut Bed, scene: Scene, case: &mut Case) -> anyhow::Result<()> {
    let before = Kept::look(bed).await?;
    let (pace, until) = (
        Pace::PerSecond(scene.rate),
        Until::Passed(lab.plan.long_run_for()),
    );
    let delivered = bed
        .deliver(CONNECTIONS, pace, until, scene.subscribers)
        .await?;
    let grown = Kept::look(bed).await?.since(&before);
    let deliveries = delivered.count() as f64;
    let written = grown.written_ahead.map(|bytes| bytes / grown.events);
    case.add("written_ahead_per_event", "B", written);
    let commits = grown.commits.map(|commits| commits / deliveries);
    case.add("commits_per_delivery", "", commits);
    case.add("p50", "ms", delivered.latencies().millis_at(0.5));
    case.add("p99", "ms", delivered.latencies().millis_at(0.99));
    delivered.add_cpu(case, delivered.count());
    Ok(())
}

async fn set_up(lab: &Lab, store: &Store, subscribers: usize) -> anyhow::Result<Bed> {
    let setting = Setting {
        report_bytes: REPORT_BYTES,
        subscribers: vec![Manner::Answers; subscribers],
    };
    Bed::set_up(lab, store, &setting).await
}

/// As fast as it goes.
async fn burst(lab: &Lab, bed: &mut Bed, subscribers: usize) -> anyhow::Result<Delivered> {
    let events = lab.plan.deliveries().div_ceil(subscribers as u64);
    let (pace, until) = (Pace::AsFastAsItGoes, Until::Sent(events));
    bed.deliver(CONNECTIONS, pace, until, subscribers).await
}

fn compare(many: &mut Case, alone: &Case, one: &Case) {
    let written = |case: &Case| case.median("written_ahead_per_event");
    let more = written(many).zip(written(one));
    let each = more.map(|(five, one)| (five - one) / (MANY - 1) as f64);
    many.add("written_ahead_per_delivery_more", "B", each);
    let share = many.times(alone, "deliveries_at_most");
    many.add("rate_share", "×", share);
    many.wants(
        "written_ahead_per_delivery_more",
        Bound::AtMost,
        WRITTEN_BYTES_MAX,
    );
    many.wants("commits_per_delivery", Bound::AtMost, COMMITS_MAX);
    many.wants("rate_share", Bound::AtLeast, RATE_SHARE_MIN);
}
