//! What a schedule may be set to.

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use entity::schedules::Model;

use super::{cron::Cron, plan::Plan};
use crate::{
    error::{Detail, Error, Result},
    infra::clock::Millis,
};

pub(super) const GRACE_SECONDS_DEFAULT: u32 = 300;
const GRACE_SECONDS_MAX: u32 = 86_400;
const RUNS_MAX: u32 = 1_000_000;
/// No calendar of ours goes further.
const YEARS: std::ops::Range<i32> = 1970..2100;

/// When a schedule runs, as its owner says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Times {
    pub cron: String,
    pub timezone: String,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    pub max_runs: Option<u32>,
}

impl Times {
    pub fn of(schedule: &Model) -> Self {
        let time = |millis: Option<Millis>| millis.and_then(DateTime::from_timestamp_millis);
        Self {
            cron: schedule.cron.clone(),
            timezone: schedule.timezone.clone(),
            starts_at: time(schedule.starts_at),
            ends_at: time(schedule.ends_at),
            max_runs: schedule.max_runs.map(i32::cast_unsigned),
        }
    }

    /// Checks all of it, and tells all that is wrong at once. There must be a run to come.
    pub fn plan(&self, now: Millis) -> Result<Plan> {
        let mut wrong = Vec::new();
        self.check_bounds(&mut wrong);
        let zone = self.zone(&mut wrong);
        let cron = Cron::parse(&self.cron, zone.unwrap_or(Tz::UTC));
        let (cron, true) = (noted(cron, "cron", &mut wrong), wrong.is_empty()) else {
            return Err(Error::invalid_many(wrong));
        };
        let cron = cron.ok_or_else(|| Error::internal(anyhow::anyhow!("no cron, no complaint")))?;
        let plan = Plan {
            cron,
            starts_at: millis(self.starts_at),
            ends_at: millis(self.ends_at),
        };
        match plan.next(now) {
            Some(_) => Ok(plan),
            None if self.ends_at.is_some() => {
                Err(Error::invalid("ends_at", "no run would come before this"))
            }
            None => Err(Error::invalid("cron", "such a time never comes")),
        }
    }

    pub fn write(&self, schedule: &mut Model) {
        schedule.cron.clone_from(&self.cron);
        schedule.timezone.clone_from(&self.timezone);
        schedule.starts_at = millis(self.starts_at);
        schedule.ends_at = millis(self.ends_at);
        schedule.max_runs = self.max_runs.map(u32::cast_signed);
    }

    fn zone(&self, wrong: &mut Vec<Detail>) -> Option<Tz> {
        let zone = self.timezone.parse().map_err(|_| {
            "give the IANA name of a time zone, such as Europe/Berlin or UTC".to_owned()
        });
        noted(zone, "timezone", wrong)
    }

    fn check_bounds(&self, wrong: &mut Vec<Detail>) {
        let mut complain = |is_wrong: bool, path: &str, wanted: String| {
            if is_wrong {
                wrong.push(detail(path, wanted));
            }
        };
        let is_far =
            |time: Option<DateTime<Utc>>| time.is_some_and(|it| !YEARS.contains(&it.year()));
        let wanted = || format!("give a time from {} to {}", YEARS.start, YEARS.end);
        complain(is_far(self.starts_at), "starts_at", wanted());
        complain(is_far(self.ends_at), "ends_at", wanted());
        let is_over = self
            .starts_at
            .zip(self.ends_at)
            .is_some_and(|(start, end)| end < start);
        complain(is_over, "ends_at", "give a time after starts_at".to_owned());
        let is_odd = self
            .max_runs
            .is_some_and(|max| !(1..=RUNS_MAX).contains(&max));
        let wanted = format!("give a number from 1 to {RUNS_MAX}");
        complain(is_odd, "max_runs", wanted);
    }
}

/// How late a run may be.
pub(super) fn read_grace(seconds: u32) -> Result<i32> {
    match (1..=GRACE_SECONDS_MAX).contains(&seconds) {
        true => Ok(seconds.cast_signed()),
        false => {
            let wanted = format!("give 1 to {GRACE_SECONDS_MAX} seconds");
            Err(Error::invalid("grace_seconds", wanted))
        }
    }
}

fn millis(time: Option<DateTime<Utc>>) -> Option<Millis> {
    time.map(|time| time.timestamp_millis())
}

fn noted<T>(
    read: std::result::Result<T, String>,
    path: &str,
    wrong: &mut Vec<Detail>,
) -> Option<T> {
    read.map_err(|why| wrong.push(detail(path, why))).ok()
}

fn detail(path: &str, message: String) -> Detail {
    Detail {
        path: path.to_owned(),
        message,
    }
}
