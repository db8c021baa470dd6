//! B2: reports as fast as they are taken, each told to 1, 5 or 50 subscribers. It is over when all
//! have heard of all, so what queues meanwhile counts.
//!
//! It is compared with the peer as it would be on this machine. The peer's figures are of one subscriber,
//! and so are the targets.

use super::{CONNECTIONS, REPORT_BYTES, kept::Kept};
use crate::bench::{
    bed::{Bed, Delivered, Setting},
    lab::Lab,
    load::{Pace, Until},
    peer::Peer,
    receiver::Manner,
    report::{Benchmark, Bound, Case},
    store::{Kind, Store},
};

const SUBSCRIBERS: [usize; 3] = [1, 5, 50];
const TIMES_THE_PEER_ON_SQLITE: f64 = 10.0;
const TIMES_THE_PEER_ON_POSTGRES: f64 = 8.0;
const CPU_OF_PEER_MAX: f64 = 0.2;

/// What a rate is compared with.
struct Beside<'a> {
    ceiling: Option<f64>,
    peer: &'a Peer,
}

pub(super) async fn measure(lab: &Lab, into: &mut Benchmark) -> anyhow::Result<()> {
    let peer = &into.look_at_peer(lab).await?;
    for subscribers in lab.plan.some(&SUBSCRIBERS, 1) {
        let what = match subscribers {
            1 => "1 subscriber".to_owned(),
            more => format!("{more} subscribers"),
        };
        let mut ceiling = None;
        for store in &lab.stores {
            let beside = Beside { ceiling, peer };
            let case = into
                .try_case(lab, Case::new(store, &what), async |case| {
                    measure_case(lab, store, *subscribers, beside, case).await
                })
                .await;
            if store.kind() == Kind::Null {
                ceiling = case.as_ref().and_then(|case| case.median("deliveries"));
            }
            into.cases.extend(case);
        }
    }
    Ok(())
}

async fn measure_case(
    lab: &Lab,
    store: &Store,
    subscribers: usize,
    beside: Beside<'_>,
    case: &mut Case,
) -> anyhow::Result<()> {
    let setting = Setting {
        report_bytes: REPORT_BYTES,
        subscribers: vec![Manner::Answers; subscribers],
    };
    let mut bed = Bed::set_up(lab, store, &setting).await?;
    let events = lab.plan.deliveries().div_ceil(subscribers as u64);
    deliver(&mut bed, events.div_ceil(4), subscribers).await?;
    let before = Kept::look(&bed).await?;
    for _ in 0..lab.plan.runs {
        let delivered = deliver(&mut bed, events, subscribers).await?;
        add_run(case, &delivered, &beside);
    }
    before.add_to(case, &bed, subscribers).await?;
    case.add("repeats", "", bed.receiver.arrivals.repeats() as f64);
    if subscribers == 1 {
        add_targets(case, store.kind(), beside.peer);
    }
    bed.tear_down().await
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

fn add_run(case: &mut Case, delivered: &Delivered, beside: &Beside) {
    let (rate, latencies) = (delivered.per_second(), delivered.latencies());
    case.add("deliveries", "/s", rate);
    case.add("of_null", "", case.share_of(beside.ceiling, rate));
    let times = rate / beside.peer.deliveries_per_second;
    case.add("times_the_peer", "", times);
    case.add("p50", "ms", latencies.millis_at(0.5));
    case.add("p99", "ms", latencies.millis_at(0.99));
    delivered.add_cpu(case, delivered.count());
}

fn add_targets(case: &mut Case, kind: Kind, peer: &Peer) {
    let cpu = case.median("cpu_per_thousand");
    let of_peer = cpu.map(|cpu| cpu / peer.cpu_millis_per_thousand);
    case.add("cpu_of_peer", "", of_peer);
    let times = match kind {
        Kind::Null => return,
        Kind::Sqlite => TIMES_THE_PEER_ON_SQLITE,
        Kind::Postgres => TIMES_THE_PEER_ON_POSTGRES,
    };
    case.wants("times_the_peer", Bound::AtLeast, times);
    case.wants("cpu_of_peer", Bound::AtMost, CPU_OF_PEER_MAX);
}
