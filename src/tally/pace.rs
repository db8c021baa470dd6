//! How many calls of a campaign may be placed, where Vapi's lines are in use.
//!
//! Vapi's no is no call's fault: the call goes back into its queue, and the campaign learns how
//! many go on at once. For as long as Vapi asks it keeps to that; then it tries about twice as
//! many, and so on until it is at its own limit again. So however many calls wait, Vapi is asked
//! in vain about as often as it has lines, every ten seconds, and lines that fall free are found
//! soon.

use std::time::Duration;

use entity::campaigns::Model;

use crate::infra::clock::{Millis, millis_of};

/// At the least, whatever Vapi says.
const KEPT_FOR: Duration = Duration::from_secs(10);

/// So many at a time, until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    pub at_once: i32,
    pub until: Millis,
}

/// How many more may be placed now.
pub fn room(campaign: &Model, now: Millis) -> i32 {
    let most = match of(campaign) {
        None => campaign.max_concurrency,
        Some(pace) if now < pace.until => pace.at_once.min(campaign.max_concurrency),
        Some(pace) => (pace.at_once * 2 + 1).min(campaign.max_concurrency),
    };
    (most - campaign.active).max(0)
}

pub fn of(campaign: &Model) -> Option<Pace> {
    let (at_once, until) = campaign.pace.zip(campaign.pace_until)?;
    Some(Pace { at_once, until })
}

/// There was no line for one call more than are active.
pub fn slower(active: i32, retry_after: Duration, now: Millis) -> Pace {
    Pace {
        at_once: active.max(0),
        until: now + millis_of(retry_after.max(KEPT_FOR)),
    }
}

/// What is kept to once so many are active. Nothing where that is as many as may be.
pub fn onward(campaign: &Model, active: i32, now: Millis) -> Option<Pace> {
    match of(campaign)? {
        pace if now < pace.until => Some(pace),
        _ if active >= campaign.max_concurrency => None,
        _ => Some(slower(active, KEPT_FOR, now)),
    }
}

#[cfg(test)]
mod tests {
    use entity::{CampaignId, campaigns::CampaignState};

    use super::*;

    fn campaign(active: i32, pace: Option<Pace>) -> Model {
        Model {
            id: CampaignId::from_uuid(uuid::Uuid::nil()),
            owner: String::new(),
            name: String::new(),
            max_concurrency: 30,
            state: CampaignState::Running,
            total: 100,
            queued: 100 - active,
            active,
            completed: 0,
            failed: 0,
            canceled: 0,
            took_millis: 0,
            timed: 0,
            pace: pace.map(|pace| pace.at_once),
            pace_until: pace.map(|pace| pace.until),
            started_at: None,
            completed_at: None,
            progress_told_at: None,
            created_at: 0,
            updated_at: 0,
        }
    }

    #[test]
    fn where_nothing_was_refused_there_is_room_up_to_the_limit_and_no_further() {
        assert_eq!(room(&campaign(0, None), 0), 30);
        assert_eq!(room(&campaign(29, None), 0), 1);
        assert_eq!(room(&campaign(31, None), 0), 0);
    }

    #[test]
    fn after_a_refusal_as_many_go_on_as_there_were_lines_and_then_twice_as_many_are_tried() {
        let pace = slower(5, Duration::from_secs(1), 0);
        assert_eq!(pace.until, 10_000, "never sooner than after ten seconds");
        assert_eq!(slower(5, Duration::from_secs(90), 0).until, 90_000);
        assert_eq!(room(&campaign(5, Some(pace)), 9_999), 0);
        assert_eq!(room(&campaign(4, Some(pace)), 9_999), 1);
        assert_eq!(room(&campaign(5, Some(pace)), 10_000), 6);
        let none = slower(0, Duration::ZERO, 0);
        assert_eq!(room(&campaign(0, Some(none)), 10_000), 1);
    }

    #[test]
    fn the_pace_grows_step_by_step_until_it_is_no_limit_any_more() {
        let pace = slower(5, Duration::ZERO, 0);
        let five = campaign(5, Some(pace));
        assert_eq!(onward(&five, 6, 9_999), Some(pace), "it is kept to");
        let next = onward(&five, 11, 10_000);
        assert_eq!(
            next,
            Some(Pace {
                at_once: 11,
                until: 20_000
            })
        );
        assert_eq!(onward(&campaign(11, next), 30, 20_000), None);
        assert_eq!(onward(&campaign(5, None), 30, 0), None);
    }
}
