//! How a receiver is, and what follows from it: the breaker, its probes, and
//! giving up.
//!
//! ```text
//!             failures in a row            a probe failed: the next one later
//!   closed ───────────────────────▶ open ──┐
//!     ▲      RINGBACK_BREAKER_AFTER   │ ▲───┘
//!     │                               │
//!     └───────────────────────────────┤
//!          anything was delivered     │  RINGBACK_DEACTIVATE_AFTER, or a 410
//!                                     ▼
//!                                deactivated
//! ```
//!
//! While the breaker is open only probes count, so that how long it takes until
//! a subscription is given up is a matter of hours and not of its traffic. What
//! was still under way when it opened is counted as failed, and changes
//! nothing more. The breaker is open while there is a time for the next probe.

use std::{fmt, sync::Arc, time::Duration};

use entity::lanes::{LaneState, Model};

use crate::{
    config::DeliveryConfig,
    infra::clock::{Millis, millis_of},
};

/// How patient we are.
#[derive(Clone, Debug)]
pub struct Patience {
    pub breaker_after: u32,
    pub deactivate_after: u32,
    /// The waits before the probes; the last one repeats.
    pub probes: Arc<[Duration]>,
}

/// What a receiver did, as far as its health goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    Take,
    Fail,
    /// It said that it is gone for good.
    Leave,
}

/// The end of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    pub did: Did,
    pub at: Millis,
    /// It was sent through an open breaker, to see.
    pub was_probe: bool,
}

/// Why a subscription was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Gone,
    Failures(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    pub state: LaneState,
    /// In a row.
    pub failures: u32,
    /// How many probes failed since the breaker opened.
    pub probes: u32,
    pub next_probe_at: Option<Millis>,
    /// Set by what gives the subscription up.
    pub given_up: Option<Reason>,
}

impl Patience {
    pub fn of(config: &DeliveryConfig) -> Self {
        Self {
            breaker_after: config.breaker_after,
            deactivate_after: config.deactivate_after,
            probes: config.probe_schedule.as_slice().into(),
        }
    }

    fn wait_before_probe(&self, failed: u32) -> Millis {
        let at = usize::try_from(failed).unwrap_or(usize::MAX);
        let wait = self.probes.get(at).or(self.probes.last());
        wait.map_or(0, |wait| millis_of(*wait))
    }
}

impl Health {
    pub fn of(lane: &Model) -> Self {
        Self {
            state: lane.state,
            failures: u32::try_from(lane.consecutive_failures).unwrap_or(0),
            probes: u32::try_from(lane.probes).unwrap_or(0),
            next_probe_at: lane.next_probe_at,
            given_up: None,
        }
    }

    /// Whether what is due is held back, but for probes.
    pub fn is_open(&self) -> bool {
        self.next_probe_at.is_some()
    }

    /// Whether nothing at all is sent.
    pub fn is_off(&self) -> bool {
        matches!(self.state, LaneState::Paused | LaneState::Deactivated)
    }

    /// How it is after an attempt has ended.
    pub fn after(self, heard: &Heard, patience: &Patience) -> Self {
        match heard.did {
            Did::Take => self.recovered(),
            Did::Leave if self.state == LaneState::Deactivated => self,
            Did::Leave => self.deactivated(Reason::Gone),
            Did::Fail if self.is_off() || (self.is_open() && !heard.was_probe) => self,
            Did::Fail => self.failed(heard.at, patience),
        }
    }

    fn recovered(self) -> Self {
        match self.state {
            LaneState::Healthy | LaneState::Failing => Self {
                state: LaneState::Healthy,
                failures: 0,
                probes: 0,
                next_probe_at: None,
                given_up: None,
            },
            LaneState::Paused | LaneState::Deactivated => self,
        }
    }

    fn failed(self, at: Millis, patience: &Patience) -> Self {
        let failures = self.failures.saturating_add(1);
        let probes = self.probes + u32::from(self.is_open());
        let failing = Self {
            state: LaneState::Failing,
            failures,
            probes,
            ..self
        };
        if failures >= patience.deactivate_after {
            failing.deactivated(Reason::Failures(failures))
        } else if failures >= patience.breaker_after {
            Self {
                next_probe_at: Some(at + patience.wait_before_probe(probes)),
                ..failing
            }
        } else {
            failing
        }
    }

    fn deactivated(self, reason: Reason) -> Self {
        Self {
            state: LaneState::Deactivated,
            next_probe_at: None,
            given_up: Some(reason),
            ..self
        }
    }

    /// Writes it into a row; what a row says of when and why it was given up
    /// stays where it is. A delivery that was asked for is probed with once.
    pub fn write_to(&self, lane: &mut Model, at: Millis) {
        if lane.next_probe_at != self.next_probe_at {
            lane.next_probe_id = None;
        }
        lane.state = self.state;
        lane.consecutive_failures = i32::try_from(self.failures).unwrap_or(i32::MAX);
        lane.probes = i32::try_from(self.probes).unwrap_or(i32::MAX);
        lane.next_probe_at = self.next_probe_at;
        if let Some(reason) = self.given_up {
            lane.deactivated_at = Some(at);
            lane.deactivated_reason = Some(reason.to_string());
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("the receiver answered 410: it is gone for good"),
            Self::Failures(count) => write!(f, "{count} failures in a row"),
        }
    }
}

#[cfg(test)]
mod tests;
