//! Changing a subscription: its settings, and whether it is active.

use entity::{
    SubscriptionId,
    lanes::{self, LaneState},
};

use super::{
    Known, Settings,
    permission::{may_become, may_change},
    store,
};
use crate::{
    app::App,
    auth::Caller,
    error::Result,
    infra::{clock::Millis, db::Tx},
};

/// A change that is wanted.
pub struct Change {
    pub settings: Settings,
    pub activity: Option<Activity>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    Pause,
    Resume(Held),
}

/// What becomes of what was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    Delivered,
    Dropped,
}

pub async fn change(
    tx: &Tx,
    app: &App,
    caller: &Caller,
    id: SubscriptionId,
    wanted: Change,
) -> Result<Known> {
    let now = app.clock.millis();
    let (mut row, mut lane) = store::lock(tx, &caller.scope(), id).await?;
    may_change(caller, &row)?;
    may_become(caller, wanted.settings.scope)?;
    wanted.settings.apply(&mut row, &app.seal)?;
    row.updated_at = now;
    let row = store::save(tx, row).await?;
    if let Some(activity) = wanted.activity {
        let before = lane.state;
        activity.apply(&mut lane, now);
        let after = store::save_lane(tx, lane).await?.state;
        tracing::info!(subscription_id = %id, ?before, ?after, "a subscription was paused or resumed");
    }
    store::one_known(&**tx, row).await
}

impl Activity {
    /// A deactivated one need not be paused: it keeps its reason. One that is
    /// resumed starts afresh, as if its receiver had never failed.
    fn apply(self, lane: &mut lanes::Model, now: Millis) {
        match self {
            Self::Pause if lane.state == LaneState::Deactivated => {}
            Self::Pause => {
                lane.state = LaneState::Paused;
                lane.next_probe_at = None;
                lane.next_probe_id = None;
            }
            Self::Resume(held) => {
                lane.state = LaneState::Healthy;
                lane.consecutive_failures = 0;
                lane.probes = 0;
                lane.next_probe_at = None;
                lane.next_probe_id = None;
                lane.deactivated_at = None;
                lane.deactivated_reason = None;
                if held == Held::Dropped {
                    lane.drop_before = Some(now);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use entity::DeliveryId;

    use super::*;

    fn lane(state: LaneState) -> lanes::Model {
        lanes::Model {
            subscription_id: SubscriptionId::from_uuid(uuid::Uuid::nil()),
            owner: None,
            owned_at: None,
            state,
            consecutive_failures: 7,
            probes: 2,
            next_probe_at: Some(9),
            next_probe_id: Some(DeliveryId::from_uuid(uuid::Uuid::nil())),
            delivered_total: 3,
            failed_total: 8,
            last_success_at: Some(1),
            last_failure_at: Some(2),
            last_error: Some("503".to_owned()),
            deactivated_at: (state == LaneState::Deactivated).then_some(2),
            deactivated_reason: None,
            drop_before: None,
            rewound: 0,
        }
    }

    fn after(state: LaneState, activity: Activity) -> lanes::Model {
        let mut lane = lane(state);
        activity.apply(&mut lane, 50);
        lane
    }

    #[test]
    fn what_was_held_is_dropped_only_where_that_is_asked_for() {
        let resumed = |held| after(LaneState::Paused, Activity::Resume(held));
        assert_eq!(resumed(Held::Dropped).drop_before, Some(50));
        assert_eq!(resumed(Held::Delivered).drop_before, None);
    }

    #[test]
    fn failures_are_forgotten_by_resuming_and_kept_in_the_history() {
        use LaneState::{Deactivated, Failing, Healthy, Paused};
        for state in [Deactivated, Failing, Healthy, Paused] {
            let afresh = lanes::Model {
                consecutive_failures: 0,
                probes: 0,
                next_probe_at: None,
                next_probe_id: None,
                ..lane(Healthy)
            };
            assert_eq!(after(state, Activity::Resume(Held::Delivered)), afresh);
        }
    }

    #[test]
    fn a_pause_waits_for_nothing_and_takes_no_reason_away() {
        let paused = after(LaneState::Failing, Activity::Pause);
        assert_eq!(
            (paused.state, paused.next_probe_at, paused.next_probe_id),
            (LaneState::Paused, None, None)
        );
        let given_up = lane(LaneState::Deactivated);
        assert_eq!(after(LaneState::Deactivated, Activity::Pause), given_up);
    }
}
