//! B2: reports as fast as they are taken, each told to 1, 5 or 50 subscribers. It is over when all
//! have heard of all, so what queues meanwhile counts.
//!
//! The peer's figures were measured on two cores with its own generator and receiver beside it; they
//! are no figures of this machine, and the ratio to them is only as good as the two are alike.

use super::{CONNECTIONS, REPORT_BYTES, kept::Kept};
use crate::bench::{
    bed::{Bed, Delivered, Setting},
    lab::Lab,
    load::{Pace, Until},
    receiver::Manner,
    report::{Bound, Case},
    store::{Kind, Store},
};

const SUBSCRIBERS: [usize; 3] = [1, 5, 50];
/// The peer's deliveries a second to one subscriber: 490 to 620.
const PEER_PER_SECOND: f64 = 555.0;
/// What is wanted of them.
const TIMES_THE_PEER_ON_SQLITE: f64 = 10.0;
const TIMES_THE_PEER_ON_POSTGRES: f64 = 8.0;
/// A fifth of the peer's 1.6 to 2.0 ms a delivery.
const CPU_MILLIS_PER_1000: f64 = 360.0;

pub(super) async fn measure(lab: &Lab) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for subscribers in lab.plan.some(&SUBSCRIBERS, 1) {
        let mut ceiling = None;
        for store in &lab.stores {
            let case = measure_case(lab, store, *subscribers, ceiling).await?;
            if store.kind() == Kind::Null {
                ceiling = case.median("deliveries");
            }
            cases.push(case);
        }
    }
    Ok(cases)
}

async fn measure_case(
    lab: &Lab,
    store: &Store,
    subscribers: usize,
    ceiling: Option<f64>,
) -> anyhow::Result<Case> {
    let what = match subscribers {
        1 => "1 subscriber".to_owned(),
        more => format!("{more} subscribers"),
    };
    lab.say(&format!("  {}, {what}", store.kind().name()));
    let setting = Setting {
        report_bytes: REPORT_BYTES,
        subscribers: vec![Manner::Answers; subscribers],
    };
    let mut bed = Bed::set_up(lab, store, &setting).await?;
    let mut case = Case::new(store, what);
    let events = lab.plan.deliveries().div_ceil(subscribers as u64);
    deliver(&mut bed, events.div_ceil(4), subscribers).await?;
    let before = Kept::look(&bed).await?;
    for _ in 0..lab.plan.runs {
        let delivered = deliver(&mut bed, events, subscribers).await?;
        add_run(&mut case, &delivered, ceiling);
    }
    before.add_to(&mut case, &bed, subscribers).await?;
    case.add("repeats", "", bed.receiver.arrivals.repeats() as f64);
    add_targets(&mut case, store.kind(), subscribers);
    bed.tear_down().await?;
    Ok(case)
}

async fn deliver(bed: &mut Bed, events: u64, subscribers: usize) -> anyhow::Result<Delivered> {
    bed.deliver(
        CONNECTIONS,
        Pace::AsFastAsItGoes,
        Until::Sent(events),
        subscribers,
    )
    .await
}

fn add_run(case: &mut Case, delivered: &Delivered, ceiling: Option<f64>) {
    let (rate, latencies) = (delivered.per_second(), delivered.latencies());
    case.add("deliveries", "/s", rate);
    case.add("of_null", "", case.share_of(ceiling, rate));
    case.add("times_the_peer", "", rate / PEER_PER_SECOND);
    case.add("p50", "ms", latencies.millis_at(0.5));
    case.add("p99", "ms", latencies.millis_at(0.99));
    delivered.add_cpu(case, delivered.count());
}

fn add_targets(case: &mut Case, kind: Kind, subscribers: usize) {
    let times = match (kind, subscribers) {
        (Kind::Sqlite, 1) => TIMES_THE_PEER_ON_SQLITE,
        (Kind::Postgres, 1) => TIMES_THE_PEER_ON_POSTGRES,
        _ => return,
    };
    case.wants("times_the_peer", Bound::AtLeast, times);
    case.wants("cpu_per_thousand", Bound::AtMost, CPU_MILLIS_PER_1000);
}
