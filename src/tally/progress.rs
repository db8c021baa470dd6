//! How far a campaign has come.

use entity::campaigns::{CampaignState, Model};
use serde::Serialize;
use utoipa::ToSchema;

use crate::infra::clock::{Millis, rfc3339};

/// How far a campaign has come. Each call is counted in exactly one of `queued`, `active`,
/// `completed` and `failed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CampaignProgress)]
pub struct Progress {
    #[schema(example = 50)]
    total: i32,
    /// Not placed yet.
    #[schema(example = 8)]
    queued: i32,
    /// Placed, and not over.
    #[schema(example = 4)]
    active: i32,
    /// Ended well.
    #[schema(example = 33)]
    completed: i32,
    /// Ended otherwise: failed, reached nobody, or canceled.
    #[schema(example = 5)]
    failed: i32,
    /// Those of the failed that were canceled.
    #[schema(example = 1)]
    canceled: i32,
    /// How much of it is over, rounded down.
    #[schema(example = 76)]
    percent: i32,
    /// When it will be over, if its calls go on to take as long as they took on average; null while
    /// that is not known, or while it does not run.
    #[schema(required = true, format = DateTime, example = "2026-11-21T09:30:00.000Z")]
    eta: Option<String>,
}

impl Progress {
    pub fn of(campaign: &Model, now: Millis) -> Self {
        let ended = i64::from(campaign.completed + campaign.failed);
        let percent = (ended * 100).checked_div(i64::from(campaign.total));
        Self {
            total: campaign.total,
            queued: campaign.queued,
            active: campaign.active,
            completed: campaign.completed,
            failed: campaign.failed,
            canceled: campaign.canceled,
            percent: i32::try_from(percent.unwrap_or(0)).unwrap_or(0),
            eta: eta(campaign, now).map(rfc3339),
        }
    }
}

/// Whether it has had calls, and all of them are over.
pub fn is_done(campaign: &Model) -> bool {
    campaign.state == CampaignState::Running && campaign.total > 0 && is_empty(campaign)
}

/// Nothing waits, and nothing goes on.
pub(super) fn is_empty(campaign: &Model) -> bool {
    campaign.queued == 0 && campaign.active == 0
}

/// All its lines are in use to the end, but for the last call, which takes its own time.
pub fn eta(campaign: &Model, now: Millis) -> Option<Millis> {
    let is_running = campaign.state == CampaignState::Running;
    let left = i64::from(campaign.queued + campaign.active);
    if !is_running || left == 0 {
        return None;
    }
    let mean = campaign
        .took_millis
        .checked_div(i64::from(campaign.timed))?;
    let in_turn = mean * left / i64::from(campaign.max_concurrency.max(1));
    Some(now + in_turn.max(mean))
}

#[cfg(test)]
mod tests {
    use entity::CampaignId;

    use super::*;

    fn campaign(total: i32, queued: i32, active: i32) -> Model {
        Model {
            id: CampaignId::from_uuid(uuid::Uuid::nil()),
            owner: "alice".to_owned(),
            name: "Plumbers".to_owned(),
            max_concurrency: 4,
            state: CampaignState::Running,
            total,
            queued,
            active,
            completed: total - queued - active,
            failed: 0,
            canceled: 0,
            took_millis: 0,
            timed: 0,
            pace: None,
            pace_until: None,
            started_at: Some(0),
            completed_at: None,
            progress_told_at: None,
            created_at: 0,
            updated_at: 0,
        }
    }

    #[test]
    fn what_is_over_is_counted_in_hundredths_and_nothing_of_nothing_is_none() {
        let percent = |campaign: &Model| Progress::of(campaign, 0).percent;
        assert_eq!(percent(&campaign(0, 0, 0)), 0);
        assert_eq!(percent(&campaign(3, 1, 1)), 33);
        assert_eq!(percent(&campaign(3, 0, 0)), 100);
        assert_eq!(percent(&campaign(100_000, 0, 1)), 99);
    }

    #[test]
    fn the_end_is_foreseen_from_how_long_calls_took_and_how_many_go_on_at_once() {
        let mut running = campaign(20, 10, 2);
        assert_eq!(eta(&running, 1_000), None, "no call has ended");
        running.took_millis = 600;
        running.timed = 6;
        assert_eq!(eta(&running, 1_000), Some(1_300));
        running.queued = 0;
        assert_eq!(eta(&running, 1_000), Some(1_100), "the last takes its time");
        running.state = CampaignState::Paused;
        assert_eq!(eta(&running, 1_000), None);
    }

    #[test]
    fn a_campaign_is_done_once_it_runs_has_had_calls_and_has_none_left() {
        assert!(is_done(&campaign(2, 0, 0)));
        for open in [campaign(0, 0, 0), campaign(2, 1, 0), campaign(2, 0, 1)] {
            assert!(!is_done(&open), "{open:?}");
        }
        let mut paused = campaign(2, 0, 0);
        paused.state = CampaignState::Paused;
        assert!(!is_done(&paused));
    }
}
