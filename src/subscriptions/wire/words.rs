//! The words that a few settings are chosen by.

use entity::{
    lanes::LaneState,
    subscriptions::{Ordering, SubscriptionScope},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whose events a subscription hears.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Hears {
    /// Its owner's.
    Own,
    /// Everybody's: for admins.
    All,
}

/// What a call's later deliveries wait for.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Ordering)]
pub enum Order {
    /// For the first try of those before them.
    Call,
    /// For the end of those before them, retries included.
    Strict,
}

/// What becomes of what was held while a subscription was not active.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Resume {
    /// It is delivered, the oldest first.
    Replay,
    /// It is dropped.
    Skip,
}

/// How a subscription is.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SubscriptionState)]
pub enum State {
    Healthy,
    /// Its receiver has failed since it last took something. While `next_probe_at` has a time,
    /// only probes are sent.
    Failing,
    /// It was told to be.
    Paused,
    /// Its receiver failed for too long, or said that it is gone.
    Deactivated,
}

impl From<Hears> for SubscriptionScope {
    fn from(hears: Hears) -> Self {
        match hears {
            Hears::Own => Self::Own,
            Hears::All => Self::All,
        }
    }
}

impl From<SubscriptionScope> for Hears {
    fn from(scope: SubscriptionScope) -> Self {
        match scope {
            SubscriptionScope::Own => Self::Own,
            SubscriptionScope::All => Self::All,
        }
    }
}

impl From<Order> for Ordering {
    fn from(order: Order) -> Self {
        match order {
            Order::Call => Self::Call,
            Order::Strict => Self::Strict,
        }
    }
}

impl From<Ordering> for Order {
    fn from(ordering: Ordering) -> Self {
        match ordering {
            Ordering::Call => Self::Call,
            Ordering::Strict => Self::Strict,
        }
    }
}

impl From<LaneState> for State {
    fn from(state: LaneState) -> Self {
        match state {
            LaneState::Healthy => Self::Healthy,
            LaneState::Failing => Self::Failing,
            LaneState::Paused => Self::Paused,
            LaneState::Deactivated => Self::Deactivated,
        }
    }
}
