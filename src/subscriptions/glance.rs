//! How a receiver is, at a glance: its lane's state, and beside it whether the
//! breaker is open, which is failing for so long that only probes are sent.

use std::str::FromStr;

use entity::lanes::{LaneState, Model as Lane};
use sea_orm::sea_query::{Expr, SimpleExpr};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glance {
    Healthy,
    Failing,
    Open,
    Paused,
    Deactivated,
}

impl Glance {
    pub const ALL: [Self; 5] = [
        Self::Healthy,
        Self::Failing,
        Self::Open,
        Self::Paused,
        Self::Deactivated,
    ];

    pub fn of(lane: &Lane) -> Self {
        match lane.state {
            LaneState::Healthy => Self::Healthy,
            LaneState::Failing if lane.next_probe_at.is_some() => Self::Open,
            LaneState::Failing => Self::Failing,
            LaneState::Paused => Self::Paused,
            LaneState::Deactivated => Self::Deactivated,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Failing => "failing",
            Self::Open => "open",
            Self::Paused => "paused",
            Self::Deactivated => "deactivated",
        }
    }

    /// Of a row of `subscriptions`: whether its lane looks like this.
    pub(super) fn is_of_row(self) -> SimpleExpr {
        let state = match self {
            Self::Healthy => "state = 'healthy'",
            Self::Failing => "state = 'failing' AND next_probe_at IS NULL",
            Self::Open => "state = 'failing' AND next_probe_at IS NOT NULL",
            Self::Paused => "state = 'paused'",
            Self::Deactivated => "state = 'deactivated'",
        };
        Expr::cust(format!(
            "EXISTS (SELECT 1 FROM lanes WHERE subscription_id = subscriptions.id AND {state})"
        ))
    }
}

impl FromStr for Glance {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|glance| glance.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("unknown state; give one of {names}")
        })
    }
}
