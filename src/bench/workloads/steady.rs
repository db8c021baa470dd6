//! B3: reports at a steady rate, told to one subscriber: how long from the moment in which a report
//! should have been sent until the subscriber has it. At the rate that the peer was measured at, each
//! run is compared with it as it would be on this machine, as that was the moment before.

use super::{CONNECTIONS, REPORT_BYTES, kept::Kept};
use crate::bench::{
    bed::{Bed, Setting},
    lab::Lab,
    load::{Pace, Until},
    peer,
    receiver::Manner,
    report::{Benchmark, Bound, Case},
    store::{Kind, Store},
};

const RATES: [f64; 3] = [RATE_OF_TARGETS, 50.0, 1_000.0];
/// The rate that the peer was measured at.
const RATE_OF_TARGETS: f64 = 200.0;
const P50_MILLIS: f64 = 3.0;
const P99_MILLIS: f64 = 10.0;
const SHARE_OF_PEER_MAX: f64 = 0.5;

pub(super) async fn measure(lab: &Lab, into: &mut Benchmark) -> anyhow::Result<()> {
    let mut beside = peer::Beside::default();
    for rate in lab.plan.some(&RATES, 1) {
        for store in &lab.stores {
            let case = Case::new(store, format!("{rate} events/s"));
            let case = into
                .try_case(lab, case, async |case| {
                    measure_case(lab, store, *rate, &mut beside, case).await
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
    rate: f64,
    beside: &mut peer::Beside,
    case: &mut Case,
) -> anyhow::Result<()> {
    let setting = Setting {
        report_bytes: REPORT_BYTES,
        subscribers: vec![Manner::Answers],
    };
    let mut bed = Bed::set_up(lab, store, &setting).await?;
    let pace = Pace::PerSecond(rate);
    let warm_up = Until::Passed(lab.plan.warm_up());
    bed.deliver(CONNECTIONS, pace, warm_up, 1).await?;
    let before = Kept::look(&bed).await?;
    let is_compared = rate == RATE_OF_TARGETS;
    for _ in 0..lab.plan.runs {
        let peer = match is_compared {
            true => Some(beside.now(lab).await?),
            false => None,
        };
        let until = Until::Passed(lab.plan.run_for);
        let delivered = bed.deliver(CONNECTIONS, pace, until, 1).await?;
        let latencies = delivered.latencies();
        let (p50, p99) = (latencies.millis_at(0.5), latencies.millis_at(0.99));
        case.add("p50", "ms", p50);
        case.add("p99", "ms", p99);
        case.add("p999", "ms", latencies.millis_at(0.999));
        delivered.add_cpu(case, delivered.count());
        if let Some(peer) = peer {
            case.add("p50_of_peer", "", p50 / peer.p50_millis);
            case.add("p99_of_peer", "", p99 / peer.p99_millis);
        }
    }
    if is_compared && store.kind() != Kind::Null {
        add_targets(case);
    }
    before.add_to(case, &bed, 1).await?;
    bed.tear_down().await
}

fn add_targets(case: &mut Case) {
    case.wants("p50", Bound::AtMost, P50_MILLIS);
    case.wants("p99", Bound::AtMost, P99_MILLIS);
    for share in ["p50_of_peer", "p99_of_peer"] {
        case.wants(share, Bound::AtMost, SHARE_OF_PEER_MAX);
    }
}
