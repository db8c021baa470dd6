//! B2: reports as fast as they are taken, each told to 1, 5 or 50 subscribers. It is over when all
//! have heard of all, so what queues meanwhile counts.
//!
//! Each run is compared with the null pipeline, and with the peer as it would be on this machine, as
//! both were the moment before. The peer's figures are of one subscriber, and so are the targets.

use super::{CONNECTIONS, REPORT_BYTES, kept::Kept};
use crate::bench::{
    bed::{Bed, Delivered, Setting},
    ceiling::Ceiling,
    lab::Lab,
    load::{Pace, Until},
    peer::{self, Peer},
    receiver::Manner,
    report::{Benchmark, Bound, Case},
    store::{Kind, Store},
};

const SUBSCRIBERS: [usize; 3] = [1, 5, 50];
const TIMES_THE_PEER_ON_SQLITE: f64 = 10.0;
const TIMES_THE_PEER_ON_POSTGRES: f64 = 8.0;
const CPU_OF_PEER_MAX: f64 = 0.2;

pub(super) async fn measure(lab: &Lab, into: &mut Benchmark) -> anyhow::Result<()> {
    let mut beside = peer::Beside::default();
    for subscribers in lab.plan.some(&SUBSCRIBERS, 1) {
        let what = match subscribers {
            1 => "1 subscriber".to_owned(),
            more => format!("{more} subscribers"),
        };
        for store in &lab.stores {
            let case = into
                .try_case(lab, Case::new(store, &what), async |case| {
                    measure_case(lab, store, *subscribers, &mut beside, case).await
                })
                .await;
            into.cases.extend(case);
        }
    }
    into.peer = beside.all_in_all();
    Ok(())
}

async fn measure_case(
    lab: &Lab,
    store: &Store,
    subscribers: usize,
    beside: &mut peer::Beside,
    case: &mut Case,
) -> anyhow::Result<()> {
    let setting = Setting {
        report_bytes: REPORT_BYTES,
        subscribers: vec![Manner::Answers; subscribers],
    };
    let mut bed = Bed::set_up(lab, store, &setting).await?;
    let mut ceiling = Ceiling::beside(store, lab, &setting).await?;
    let events = lab.plan.deliveries().div_ceil(subscribers as u64);
    let rate = async |bed: &mut Bed, events| {
        let delivered = deliver(bed, events, subscribers).await?;
        Ok(delivered.per_second())
    };
    let warm_up = events.div_ceil(4);
    rate(&mut bed, warm_up).await?;
    ceiling.now(async |bed| rate(bed, warm_up).await).await?;
    let before = Kept::look(&bed).await?;
    for _ in 0..lab.plan.runs {
        let peer = beside.now(lab).await?;
        let ceiling = ceiling.now(async |bed| rate(bed, events).await).await?;
        let delivered = deliver(&mut bed, events, subscribers).await?;
        add_run(case, &delivered, ceiling, &peer);
    }
    ceiling.tear_down().await?;
    before.add_to(case, &bed, subscribers).await?;
    case.add("repeats", "", bed.receiver.arrivals.repeats() as f64);
    if subscribers == 1 {
        add_targets(case, store.kind());
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

fn add_run(case: &mut Case, delivered: &Delivered, ceiling: Option<f64>, peer: &Peer) {
    let (rate, latencies) = (delivered.per_second(), delivered.latencies());
    case.add("deliveries", "/s", rate);
    case.add("of_null", "", case.share_of(ceiling, rate));
    let times = rate / peer.deliveries_per_second;
    case.add("times_the_peer", "", times);
    case.add("p50", "ms", latencies.millis_at(0.5));
    case.add("p99", "ms", latencies.millis_at(0.99));
    delivered.add_cpu(case, delivered.count());
    let cpu = delivered.cpu_per_thousand(delivered.count());
    let of_peer = cpu.map(|cpu| cpu / peer.cpu_millis_per_thousand);
    case.add("cpu_of_peer", "", of_peer);
}

fn add_targets(case: &mut Case, kind: Kind) {
    let times = match kind {
        Kind::Null => return,
        Kind::Sqlite => TIMES_THE_PEER_ON_SQLITE,
        Kind::Postgres => TIMES_THE_PEER_ON_POSTGRES,
    };
    case.wants("times_the_peer", Bound::AtLeast, times);
    case.wants("cpu_of_peer", Bound::AtMost, CPU_OF_PEER_MAX);
}
