//! Schedules as they look in JSON.

use chrono::{DateTime, Utc};
use entity::{CallId, ScheduleId, schedule_runs, schedules::Model};
use sea_orm::ActiveEnum;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::{
    settings::{GRACE_SECONDS_DEFAULT, Times},
    template::{self, Template},
};
use crate::{
    calls::CreateCall,
    error::Result,
    infra::{
        clock::{Millis, rfc3339},
        seal::Seal,
    },
};

/// A schedule that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSchedule {
    /// Minute, hour, day of the month, month, weekday, each `*`, a value, a list, a range or a
    /// step; seconds may stand in front. Weekdays are 0 to 7, with Sunday 0 and 7, or names. Where
    /// both a day of the month and a weekday are named, either will do.
    ///
    /// When clocks are moved: a run at a named hour that is skipped comes at the first moment
    /// after the gap, and one whose hour comes twice runs the first time only. Where the hour is
    /// `*` or `*/n`, runs follow real time.
    #[schema(max_length = 200, example = "30 9 * * 1-5")]
    cron: String,
    /// By its IANA name.
    #[schema(example = "Europe/Berlin")]
    timezone: String,
    /// No run comes before this.
    starts_at: Option<DateTime<Utc>>,
    /// No run comes after this.
    ends_at: Option<DateTime<Utc>>,
    /// How many calls it places, no end unless given.
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_runs: Option<u32>,
    /// A run that cannot be placed within so many seconds is missed; 300 unless given.
    #[schema(minimum = 1, maximum = 86_400, example = 300)]
    grace_seconds: Option<u32>,
    /// What is placed at each run: a call as in `POST /api/v6/call`, without its times.
    #[schema(value_type = CreateCall)]
    pub(super) call: Template,
}

/// What is to become of a schedule. What is left out stays; `null` clears a bound. A change of its
/// times counts from now on.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSchedule {
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = String)]
    cron: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = String)]
    timezone: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Option<DateTime<Utc>>)]
    starts_at: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Option<DateTime<Utc>>)]
    ends_at: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    max_runs: Option<Option<u32>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = u32, minimum = 1, maximum = 86_400)]
    pub(super) grace_seconds: Option<u32>,
    /// `false` pauses it: what would have run meanwhile does not run later either.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = bool)]
    pub(super) is_active: Option<bool>,
    /// All of it: what is not in it is asked for no more.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = CreateCall)]
    pub(super) call: Option<Template>,
}

/// What is there was given; `null` is a value only where something can be cleared.
fn given<'de, T, D>(sent: D) -> std::result::Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(sent).map(Some)
}

impl CreateSchedule {
    pub(super) fn times(&self) -> Times {
        Times {
            cron: self.cron.clone(),
            timezone: self.timezone.clone(),
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            max_runs: self.max_runs,
        }
    }

    pub(super) fn grace_seconds(&self) -> u32 {
        self.grace_seconds.unwrap_or(GRACE_SECONDS_DEFAULT)
    }
}

impl ChangeSchedule {
    /// Paused, or running again, and nothing else of it.
    pub fn activity(is_active: bool) -> Self {
        Self {
            is_active: Some(is_active),
            ..Self::default()
        }
    }

    /// What is there, and what is given over it.
    pub(super) fn times(&self, now: Times) -> Times {
        Times {
            cron: self.cron.clone().unwrap_or(now.cron),
            timezone: self.timezone.clone().unwrap_or(now.timezone),
            starts_at: self.starts_at.unwrap_or(now.starts_at),
            ends_at: self.ends_at.unwrap_or(now.ends_at),
            max_runs: self.max_runs.unwrap_or(now.max_runs),
        }
    }
}

/// A schedule, and when it runs next.
#[derive(Serialize, ToSchema)]
pub struct Schedule {
    #[schema(value_type = String, example = "sch_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    id: ScheduleId,
    #[schema(example = "acme")]
    owner: String,
    #[schema(example = "30 9 * * 1-5")]
    cron: String,
    #[schema(example = "Europe/Berlin")]
    timezone: String,
    #[schema(required = true, format = DateTime)]
    starts_at: Option<String>,
    #[schema(required = true, format = DateTime)]
    ends_at: Option<String>,
    #[schema(required = true)]
    max_runs: Option<i32>,
    /// How many calls it has placed.
    #[schema(example = 12)]
    runs: i32,
    #[schema(example = 300)]
    grace_seconds: i32,
    is_active: bool,
    /// As it was asked for.
    #[schema(value_type = Object)]
    call: Template,
    /// Null where none is to come.
    #[schema(required = true, format = DateTime, example = "2026-11-23T08:30:00.000Z")]
    next_run_at: Option<String>,
    #[schema(format = DateTime, example = "2026-11-21T09:30:00.000Z")]
    created_at: String,
    #[schema(format = DateTime, example = "2026-11-21T09:30:00.000Z")]
    updated_at: String,
}

/// One schedule.
#[derive(Serialize, ToSchema)]
pub struct OneSchedule {
    #[schema(example = true)]
    success: bool,
    schedule: Schedule,
}

/// A page of schedules, newest first.
#[derive(Serialize, ToSchema)]
pub struct ScheduleList {
    #[schema(example = true)]
    success: bool,
    schedules: Vec<Schedule>,
    /// Where the next page begins; null on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// A schedule that is no more.
#[derive(Serialize, ToSchema)]
pub struct DeletedSchedule {
    #[schema(example = true)]
    success: bool,
    #[schema(example = "The schedule is deleted.")]
    message: &'static str,
}

/// When a schedule will run.
#[derive(Serialize, ToSchema)]
pub struct Preview {
    #[schema(example = true)]
    success: bool,
    #[schema(example = json!(["2026-11-23T08:30:00.000Z", "2026-11-24T08:30:00.000Z"]))]
    times: Vec<String>,
}

/// A time at which a schedule was to place a call.
#[derive(Serialize, ToSchema)]
#[schema(as = ScheduleRun)]
pub struct Run {
    #[schema(format = DateTime, example = "2026-11-21T09:30:00.000Z")]
    due_at: String,
    /// `placed`, `missed` or `failed`.
    #[schema(example = "placed")]
    state: String,
    #[schema(required = true, value_type = Option<String>, example = "call_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    call_id: Option<CallId>,
    /// Why there is no call.
    #[schema(required = true)]
    reason: Option<String>,
    #[schema(format = DateTime, example = "2026-11-21T09:30:00.012Z")]
    created_at: String,
}

/// A page of runs, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = ScheduleRuns)]
pub struct Runs {
    #[schema(example = true)]
    success: bool,
    runs: Vec<Run>,
    /// Where the next page begins; null on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl Schedule {
    fn of(seal: &Seal, row: Model) -> Result<Self> {
        Ok(Self {
            call: template::open(seal, row.id, &row.call_template)?,
            id: row.id,
            owner: row.owner,
            cron: row.cron,
            timezone: row.timezone,
            starts_at: row.starts_at.map(rfc3339),
            ends_at: row.ends_at.map(rfc3339),
            max_runs: row.max_runs,
            runs: row.runs,
            grace_seconds: row.grace_seconds,
            is_active: row.is_active,
            next_run_at: row.next_run_at.map(rfc3339),
            created_at: rfc3339(row.created_at),
            updated_at: rfc3339(row.updated_at),
        })
    }
}

impl OneSchedule {
    pub fn of(seal: &Seal, row: Model) -> Result<Self> {
        let schedule = Schedule::of(seal, row)?;
        Ok(Self {
            success: true,
            schedule,
        })
    }
}

impl ScheduleList {
    pub fn of(seal: &Seal, (rows, next_cursor): (Vec<Model>, Option<String>)) -> Result<Self> {
        let schedules = rows.into_iter().map(|row| Schedule::of(seal, row));
        Ok(Self {
            success: true,
            schedules: schedules.collect::<Result<_>>()?,
            next_cursor,
        })
    }
}

impl DeletedSchedule {
    pub fn new() -> Self {
        Self {
            success: true,
            message: "The schedule is deleted.",
        }
    }
}

impl Preview {
    pub fn of(times: impl Iterator<Item = Millis>) -> Self {
        Self {
            success: true,
            times: times.map(rfc3339).collect(),
        }
    }
}

impl Runs {
    pub fn of((rows, next_cursor): (Vec<schedule_runs::Model>, Option<String>)) -> Self {
        let run = |row: schedule_runs::Model| Run {
            due_at: rfc3339(row.due_at),
            state: row.state.to_value(),
            call_id: row.call_id,
            reason: row.reason,
            created_at: rfc3339(row.created_at),
        };
        Self {
            success: true,
            runs: rows.into_iter().map(run).collect(),
            next_cursor,
        }
    }
}
