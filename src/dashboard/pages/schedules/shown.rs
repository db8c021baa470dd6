//! A schedule in the words and times in which a page shows it.

use chrono::DateTime;
use chrono_tz::Tz;
use entity::{ScheduleId, schedules::Model};
use serde_json::Value;

use crate::{
    dashboard::view::When,
    error::Result,
    infra::{clock::Millis, seal::Seal},
    schedule::open_template,
};

pub struct Shown {
    pub id: ScheduleId,
    pub cron: String,
    pub timezone: String,
    /// Whom it calls: by name where it has one.
    pub who: String,
    pub state: &'static str,
    pub is_active: bool,
    /// No run is to come, and nobody paused it.
    pub is_over: bool,
    pub next: Option<Time>,
    pub starts: Option<When>,
    pub ends: Option<When>,
    pub runs: i32,
    pub max_runs: Option<i32>,
    pub grace_seconds: i32,
    pub made: When,
    /// What is placed at each run, as it was asked for.
    pub call: String,
}

/// A moment, and how the schedule's own zone calls it.
pub struct Time {
    pub at: When,
    pub there: String,
}

impl Shown {
    pub fn of(seal: &Seal, row: Model) -> Result<Self> {
        let call = Value::Object(open_template(seal, row.id, &row.call_template)?);
        let is_over = row.is_active && row.next_run_at.is_none();
        let state = match (row.is_active, is_over) {
            (false, _) => "paused",
            (true, true) => "over",
            (true, false) => "active",
        };
        Ok(Self {
            who: who(&call),
            call: serde_json::to_string_pretty(&call).unwrap_or_default(),
            state,
            is_active: row.is_active,
            is_over,
            next: row.next_run_at.map(|at| Time::of(at, &row.timezone)),
            id: row.id,
            cron: row.cron,
            timezone: row.timezone,
            starts: row.starts_at.map(When),
            ends: row.ends_at.map(When),
            runs: row.runs,
            max_runs: row.max_runs,
            grace_seconds: row.grace_seconds,
            made: When(row.created_at),
        })
    }
}

impl Time {
    pub fn of(at: Millis, timezone: &str) -> Self {
        let zone = timezone.parse::<Tz>().unwrap_or(Tz::UTC);
        let there = DateTime::from_timestamp_millis(at).unwrap_or_default();
        let there = there
            .with_timezone(&zone)
            .format("%a %-d %b %Y, %H:%M:%S %Z");
        Self {
            at: When(at),
            there: there.to_string(),
        }
    }
}

fn who(call: &Value) -> String {
    let customer = &call["customer"];
    let named = customer["name"].as_str().or(customer["number"].as_str());
    named.unwrap_or("number not known").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_as_people_there_read_it_off_their_clocks() {
        let at = DateTime::parse_from_rfc3339("2026-07-06T07:30:00Z").unwrap();
        let told = |zone| Time::of(at.timestamp_millis(), zone).there;
        assert_eq!(told("Europe/Berlin"), "Mon 6 Jul 2026, 09:30:00 CEST");
        assert_eq!(told("America/New_York"), "Mon 6 Jul 2026, 03:30:00 EDT");
        assert_eq!(told("Nowhere/Atall"), "Mon 6 Jul 2026, 07:30:00 UTC");
    }
}
