//! When a cron expression comes round, in a time zone. Pure.
//!
//! Minute, hour, day of the month, month, weekday; seconds may stand in front.
//! Where both the day of the month and the weekday are named, either will do,
//! as in every crontab.
//!
//! Twice a year most clocks are moved. Whoever names an hour wants one run at
//! that hour, so a run whose time is skipped comes at the first moment after
//! the gap, and one whose time comes twice is for the first time only. Whoever
//! leaves the hour open (`*`, or `*/2`) wants runs at a steady pace, so those
//! follow real time: what does not exist does not run, and what comes twice
//! runs twice.

mod fields;
mod zone;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use self::{fields::Fields, zone::Zone};

const EXPRESSION_CHARS_MAX: usize = 200;

#[derive(Clone, Debug)]
pub struct Cron {
    /// Two where the day of the month and the weekday are named: either will do.
    faces: Vec<cron::Schedule>,
    names_hours: bool,
    zone: Zone,
}

impl Cron {
    /// Reads an expression, or says what is wrong with it.
    pub fn parse(expression: &str, zone: Tz) -> Result<Self, String> {
        if expression.chars().count() > EXPRESSION_CHARS_MAX {
            return Err(format!("give at most {EXPRESSION_CHARS_MAX} characters"));
        }
        let fields = Fields::read(expression)?;
        Ok(Self {
            faces: fields.schedules()?,
            names_hours: fields.names_hours(),
            zone: Zone(zone),
        })
    }

    /// The first run after a moment; none where the calendar never shows such a time.
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let after = whole_second(after);
        match self.names_hours {
            true => self.next_by_the_clock_face(after),
            false => self.next_in_real_time(after),
        }
    }

    /// Each time that a clock on the wall shows, once: at the first moment at which it shows it,
    /// or is past it.
    fn next_by_the_clock_face(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut face = self.zone.face(after);
        loop {
            face = self.next_face(face)?;
            let run = self.zone.first_at_or_past(face);
            // In an hour that comes again, these were the first time round.
            if run > after {
                return Some(run);
            }
        }
    }

    /// Every moment at which the clock shows the time.
    fn next_in_real_time(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut since = after;
        let mut face = self.zone.face(after);
        loop {
            let offset = self.zone.offset(since);
            let run = (self.next_face(face)? - offset).and_utc();
            // The clock may be moved before that; then the moved one says when.
            let Some(moved) = self.zone.change_between(since, run) else {
                return Some(run);
            };
            since = moved;
            face = self.zone.face(moved) - TimeDelta::seconds(1);
        }
    }

    fn next_face(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        let next = |face: &cron::Schedule| face.after(&after.and_utc()).next();
        let next = self.faces.iter().filter_map(next).min()?;
        Some(next.naive_utc())
    }
}

/// Runs are at whole seconds, and no calendar is asked about a time before 1970.
fn whole_second(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_secs(time.timestamp().max(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
