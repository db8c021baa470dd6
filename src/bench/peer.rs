//! The peer, as it would be here: Svix's server 1.100, which was measured on another machine.
//!
//! On that machine, of two cores, a bare client and receiver exchanged 36,500 messages a second. As
//! many times as they do it here, so many times the peer's deliveries are reckoned here, and by the
//! same factor its processor time and its latencies are shorter. That is fair to within what
//! machines differ in beside it: its database's disk is not in the factor.
//!
//! A machine that others share is another one every minute. So it is looked at before each run, and
//! the run compared with the peer of that moment.

use anyhow::Context;
use serde::Serialize;

use super::{bare, lab::Lab, statistics::Summary};

/// 35,000 to 38,000.
const BARE_EXCHANGES_THERE: f64 = 36_500.0;
/// To one subscriber, as fast as it goes: 490 to 620 deliveries a second.
const DELIVERIES_THERE: f64 = 555.0;
/// And for each of them 1.6 to 2.0 ms of processor, its database's not counted.
const CPU_MILLIS_PER_THOUSAND_THERE: f64 = 1_800.0;
/// At 200 events a second, from sending to arrival, on the machine when it was quiet.
const P50_MILLIS_THERE: f64 = 6.3;
const P99_MILLIS_THERE: f64 = 19.0;

#[derive(Clone, Debug, Serialize)]
pub struct Peer {
    /// What was measured here.
    pub bare_exchanges_per_second: Summary,
    /// How many times as fast as that machine this one is.
    pub machine_factor: f64,
    pub deliveries_per_second: f64,
    pub cpu_millis_per_thousand: f64,
    pub p50_millis: f64,
    pub p99_millis: f64,
}

/// The peer beside what is measured, each time that somebody looks.
#[derive(Default)]
pub struct Beside {
    bare_exchanges: Vec<f64>,
}

impl Beside {
    /// The peer on this machine as it is now.
    pub async fn now(&mut self, lab: &Lab) -> anyhow::Result<Peer> {
        let bare = bare::exchanges_per_second(&lab.clock, lab.plan.bare_for()).await?;
        self.bare_exchanges.push(bare);
        Peer::where_bare(&[bare]).context("nothing was exchanged")
    }

    /// The peer on this machine as it was most of the time.
    pub fn all_in_all(&self) -> Option<Peer> {
        Peer::where_bare(&self.bare_exchanges)
    }
}

impl Peer {
    /// On a machine where a bare client and receiver exchange so much.
    fn where_bare(exchanges_per_second: &[f64]) -> Option<Self> {
        let bare = Summary::of(exchanges_per_second)?;
        let factor = bare.median / BARE_EXCHANGES_THERE;
        Some(Self {
            bare_exchanges_per_second: bare,
            machine_factor: factor,
            deliveries_per_second: DELIVERIES_THERE * factor,
            cpu_millis_per_thousand: CPU_MILLIS_PER_THOUSAND_THERE / factor,
            p50_millis: P50_MILLIS_THERE / factor,
            p99_millis: P99_MILLIS_THERE / factor,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer_where_bare(exchanges: f64) -> Peer {
        Peer::where_bare(&[exchanges]).unwrap()
    }

    #[test]
    fn on_its_own_machine_the_peer_is_as_it_was_measured() {
        let peer = peer_where_bare(36_500.0);
        assert_eq!(peer.machine_factor, 1.0);
        assert_eq!(peer.deliveries_per_second, 555.0);
        assert_eq!((peer.p50_millis, peer.p99_millis), (6.3, 19.0));
    }

    #[test]
    fn a_machine_half_as_fast_makes_the_peer_half_as_fast_and_each_step_twice_as_long() {
        let peer = peer_where_bare(18_250.0);
        assert_eq!(peer.machine_factor, 0.5);
        assert_eq!(peer.deliveries_per_second, 277.5);
        assert_eq!(peer.cpu_millis_per_thousand, 3_600.0);
        assert_eq!((peer.p50_millis, peer.p99_millis), (12.6, 38.0));
    }
}
