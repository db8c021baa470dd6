//! Where a delivery stands, as people ask for it.
//!
//! ```text
//!   pending ──▶ retrying ──▶ delivered · failed · dropped
//!      └── held ──┘          while its lane sends nothing
//! ```
//!
//! `held` is written nowhere: it follows from the lane, so that a breaker that
//! opens over a million deliveries changes one row.

use std::str::FromStr;

use entity::lanes::{LaneState, Model as Lane};
use serde::Serialize;
use utoipa::ToSchema;

pub const DELIVERED: &str = "delivered";
pub const DROPPED: &str = "dropped";

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = DeliveryStatus)]
pub enum Status {
    /// It was never tried.
    Pending,
    /// It was tried, and waits to be tried again.
    Retrying,
    /// Its receiver fails, or its subscription is paused or deactivated.
    Held,
    Delivered,
    /// It was tried for the last time.
    Failed,
    /// It will not be sent.
    Dropped,
}

impl Status {
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Retrying,
        Self::Held,
        Self::Delivered,
        Self::Failed,
        Self::Dropped,
    ];

    /// Of one that is in the queue, after so many attempts.
    pub fn waiting(lane: Option<&Lane>, attempt: i16) -> Self {
        match lane {
            Some(lane) if is_held(lane) => Self::Held,
            _ if attempt == 0 => Self::Pending,
            _ => Self::Retrying,
        }
    }

    /// Of one that ended so.
    pub fn ended(outcome: &str) -> Self {
        match outcome {
            DELIVERED => Self::Delivered,
            DROPPED => Self::Dropped,
            _ => Self::Failed,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Retrying => "retrying",
            Self::Held => "held",
            Self::Delivered => DELIVERED,
            Self::Failed => "failed",
            Self::Dropped => DROPPED,
        }
    }

    pub fn has_ended(self) -> bool {
        matches!(self, Self::Delivered | Self::Failed | Self::Dropped)
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|status| status.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("unknown status; give one of {names}")
        })
    }
}

/// Nothing is sent on the lane, or one probe at most.
pub fn is_held(lane: &Lane) -> bool {
    lane.drop_before.is_some()
        || matches!(lane.state, LaneState::Paused | LaneState::Deactivated)
        || breaker_is_open(lane)
}

/// While it is open the lane knows when it probes next.
pub fn breaker_is_open(lane: &Lane) -> bool {
    lane.state == LaneState::Failing && lane.next_probe_at.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::log::tests::lane;

    #[test]
    fn what_waits_is_held_while_its_lane_sends_nothing() {
        let open = Lane {
            next_probe_at: Some(5),
            ..lane(LaneState::Failing)
        };
        let dropping = Lane {
            drop_before: Some(5),
            ..lane(LaneState::Healthy)
        };
        let held = [
            open,
            dropping,
            lane(LaneState::Paused),
            lane(LaneState::Deactivated),
        ];
        for lane in held {
            assert_eq!(Status::waiting(Some(&lane), 0), Status::Held, "{lane:?}");
            assert_eq!(Status::waiting(Some(&lane), 3), Status::Held, "{lane:?}");
        }
        for state in [LaneState::Healthy, LaneState::Failing] {
            let sends = lane(state);
            assert_eq!(Status::waiting(Some(&sends), 0), Status::Pending);
            assert_eq!(Status::waiting(Some(&sends), 1), Status::Retrying);
        }
    }

    #[test]
    fn whatever_kind_of_failure_was_the_last_it_has_failed() {
        for outcome in ["status", "dns", "connect", "timeout", "something new"] {
            assert_eq!(Status::ended(outcome), Status::Failed, "{outcome}");
        }
        assert_eq!(Status::ended("delivered"), Status::Delivered);
        assert_eq!(Status::ended("dropped"), Status::Dropped);
    }

    #[test]
    fn each_status_is_found_by_its_name_and_others_are_told_the_names() {
        for status in Status::ALL {
            assert_eq!(status.name().parse(), Ok(status));
        }
        let refused = "done".parse::<Status>().unwrap_err();
        assert!(refused.ends_with("pending, retrying, held, delivered, failed, dropped"));
    }
}
