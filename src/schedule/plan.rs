//! When a schedule runs, and what of it is due. Pure.

use chrono::DateTime;
use chrono_tz::Tz;
use entity::schedules::Model;

use super::cron::Cron;
use crate::{
    error::{Error, Result},
    infra::clock::Millis,
};

/// What one transaction writes down. Where more is due, the next one goes on.
const MISSED_AT_ONCE_MAX: usize = 500;
const TIMES_PREVIEWED: usize = 5;

#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub cron: Cron,
    pub starts_at: Option<Millis>,
    pub ends_at: Option<Millis>,
}

/// What is due of a schedule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// Later ones are due as well.
    pub overtaken: Vec<Millis>,
    pub to_place: Option<Millis>,
    pub too_late: Option<Millis>,
    pub next: Option<Millis>,
}

impl Plan {
    pub fn of(schedule: &Model) -> std::result::Result<Self, String> {
        let zone: Tz = schedule
            .timezone
            .parse()
            .map_err(|_| format!("the time zone {} is not known any more", schedule.timezone))?;
        Ok(Self {
            cron: Cron::parse(&schedule.cron, zone)?,
            starts_at: schedule.starts_at,
            ends_at: schedule.ends_at,
        })
    }

    /// The first run after a moment.
    pub fn next(&self, after: Millis) -> Option<Millis> {
        let after = self.starts_at.map_or(after, |start| after.max(start - 1));
        let run = self.cron.next(DateTime::from_timestamp_millis(after)?)?;
        let run = run.timestamp_millis();
        self.ends_at.is_none_or(|end| run <= end).then_some(run)
    }

    /// All runs after a moment.
    pub fn upcoming(&self, after: Millis) -> impl Iterator<Item = Millis> {
        std::iter::successors(self.next(after), |run| self.next(*run))
    }

    /// What is due now, where `first` is the first that is.
    pub fn due(&self, first: Millis, now: Millis, grace: Millis) -> Due {
        let mut overtaken = Vec::new();
        let mut latest = first;
        let next = loop {
            match self.next(latest) {
                Some(later) if later <= now => {
                    overtaken.push(std::mem::replace(&mut latest, later));
                }
                next => break next,
            }
            if overtaken.len() == MISSED_AT_ONCE_MAX {
                return Due {
                    overtaken,
                    to_place: None,
                    too_late: None,
                    next: Some(latest),
                };
            }
        };
        let in_time = now - latest < grace;
        Due {
            overtaken,
            to_place: in_time.then_some(latest),
            too_late: (!in_time).then_some(latest),
            next,
        }
    }
}

/// When a schedule runs next: not while it is paused, and no oftener than it may.
pub(super) fn next_run(schedule: &Model, plan: &Plan, after: Millis) -> Option<Millis> {
    let may_run = schedule.is_active && schedule.max_runs.is_none_or(|max| schedule.runs < max);
    may_run.then(|| plan.next(after)).flatten()
}

/// The next times of a schedule; of a paused one, as they would be if it were active.
pub fn preview(schedule: &Model, now: Millis) -> Result<Vec<Millis>> {
    let plan = Plan::of(schedule).map_err(|why| Error::internal(anyhow::anyhow!(why)))?;
    let left = schedule.max_runs.map(|max| max - schedule.runs);
    let left = left.map_or(TIMES_PREVIEWED, |left| usize::try_from(left).unwrap_or(0));
    let times = plan.upcoming(now).take(TIMES_PREVIEWED.min(left));
    Ok(times.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Millis = 60_000;

    fn every_minute() -> Plan {
        Plan {
            cron: Cron::parse("* * * * *", Tz::UTC).unwrap(),
            starts_at: None,
            ends_at: None,
        }
    }

    #[test]
    fn what_is_due_is_placed_and_the_next_is_known() {
        let due = every_minute().due(MINUTE, MINUTE + 59_999, 300_000);
        let expected = Due {
            overtaken: vec![],
            to_place: Some(MINUTE),
            too_late: None,
            next: Some(2 * MINUTE),
        };
        assert_eq!(due, expected);
    }

    #[test]
    fn of_several_the_latest_is_placed_unless_that_is_too_late() {
        let plan = Plan {
            ends_at: Some(3 * MINUTE),
            ..every_minute()
        };
        let in_time = plan.due(MINUTE, 3 * MINUTE + 9_999, 10_000);
        assert_eq!(in_time.overtaken, [MINUTE, 2 * MINUTE]);
        assert_eq!((in_time.to_place, in_time.next), (Some(3 * MINUTE), None));
        let late = plan.due(MINUTE, 3 * MINUTE + 10_000, 10_000);
        assert_eq!(late.overtaken, [MINUTE, 2 * MINUTE]);
        assert_eq!((late.to_place, late.too_late), (None, Some(3 * MINUTE)));
    }

    #[test]
    fn a_long_absence_is_written_down_in_parts() {
        let now = 1_200 * MINUTE;
        let (mut first, mut missed) = (MINUTE, 0);
        let last = loop {
            let due = every_minute().due(first, now, 300_000);
            missed += due.overtaken.len();
            match due.to_place {
                None => first = due.next.unwrap(),
                Some(run) => break run,
            }
        };
        assert_eq!((missed, last), (1_199, now));
    }

    #[test]
    fn it_starts_and_ends_to_the_millisecond() {
        let plan = |start, end| Plan {
            starts_at: Some(start),
            ends_at: Some(end),
            ..every_minute()
        };
        let runs = |plan: Plan| plan.upcoming(0).collect::<Vec<_>>();
        let both = plan(2 * MINUTE, 3 * MINUTE);
        assert_eq!(runs(both), [2 * MINUTE, 3 * MINUTE]);
        let neither = plan(2 * MINUTE + 1, 4 * MINUTE - 1);
        assert_eq!(runs(neither), [3 * MINUTE]);
    }
}
