//! The same rules as a person would apply who watches a clock, minute by minute.

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use proptest::{prelude::*, sample::select};

use super::super::Cron;

/// A field: how it is written, and what it lets through; nothing where that is all.
type Field = (String, Option<Vec<u32>>);

#[derive(Clone, Debug)]
struct Expression {
    minutes: Field,
    hours: Field,
    days: Field,
    weekdays: Field,
}

impl Expression {
    fn text(&self) -> String {
        let fields = [&self.minutes, &self.hours, &self.days, &self.weekdays];
        let [minutes, hours, days, weekdays] = fields.map(|(text, _)| text);
        format!("{minutes} {hours} {days} * {weekdays}")
    }

    fn shows(&self, face: NaiveDateTime) -> bool {
        let holds = |field: &Field, value: u32| match &field.1 {
            Some(values) => values.contains(&value),
            None => true,
        };
        let day = holds(&self.days, face.day());
        let weekday = holds(&self.weekdays, face.weekday().num_days_from_sunday());
        let is_day = match self.days.0.starts_with('*') || self.weekdays.0.starts_with('*') {
            true => day && weekday,
            false => day || weekday,
        };
        holds(&self.minutes, face.minute()) && holds(&self.hours, face.hour()) && is_day
    }

    /// Watches the clock from one moment to the other.
    fn runs(&self, zone: Tz, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let minute = TimeDelta::minutes(1);
        let face = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local();
        let names_hours = !self.hours.0.starts_with('*');
        let mut seen_up_to = face(from);
        let mut runs = Vec::new();
        let mut at = from + minute;
        while at <= until {
            let faces = if names_hours {
                // Everything that the clock has come to or been moved past, and had not before.
                std::iter::successors(Some(seen_up_to + minute), |face| Some(*face + minute))
                    .take_while(|shown| *shown <= face(at))
                    .collect()
            } else {
                vec![face(at)]
            };
            if faces.iter().any(|face| self.shows(*face)) {
                runs.push(at);
            }
            seen_up_to = seen_up_to.max(face(at));
            at += minute;
        }
        runs
    }
}

/// Open, a step, some values, or a range of them.
fn field(first: u32, last: u32) -> impl Strategy<Value = Field> {
    let values = proptest::collection::vec(first..=last, 1..4);
    prop_oneof![
        Just(("*".to_owned(), None)),
        (2..last).prop_map(move |step| {
            let values = (first..=last).step_by(step as usize);
            (format!("*/{step}"), Some(values.collect()))
        }),
        values.prop_map(|values| {
            let texts: Vec<String> = values.iter().map(u32::to_string).collect();
            (texts.join(","), Some(values))
        }),
        (first..=last, first..=last).prop_map(|(a, b)| {
            let (low, high) = (a.min(b), a.max(b));
            (format!("{low}-{high}"), Some((low..=high).collect()))
        }),
    ]
}

fn expression() -> impl Strategy<Value = Expression> {
    // Hours at which clocks are moved.
    let early = (0u32..3).prop_map(|hour| (format!("{hour}-3"), Some((hour..=3).collect())));
    let hours = prop_oneof![field(0, 23), early];
    let fields = (field(0, 59), hours, field(1, 31), field(0, 6));
    fields.prop_map(|(minutes, hours, days, weekdays)| Expression {
        minutes,
        hours,
        days,
        weekdays,
    })
}

/// Zones, and days on which their clocks were or will be moved.
const MOVED: [(Tz, &str); 14] = [
    (Tz::Europe__Berlin, "2026-03-29T01:00:00Z"),
    (Tz::Europe__Berlin, "2026-10-25T01:00:00Z"),
    (Tz::America__New_York, "2026-03-08T07:00:00Z"),
    (Tz::America__New_York, "2026-11-01T06:00:00Z"),
    (Tz::Australia__Lord_Howe, "2026-04-04T15:00:00Z"),
    (Tz::Australia__Lord_Howe, "2026-10-03T15:30:00Z"),
    (Tz::America__Sao_Paulo, "2018-11-04T03:00:00Z"),
    (Tz::America__Sao_Paulo, "2018-02-18T02:00:00Z"),
    (Tz::Pacific__Apia, "2011-12-30T10:00:00Z"),
    (Tz::Africa__Casablanca, "2026-02-15T02:00:00Z"),
    (Tz::America__St_Johns, "2006-10-29T02:31:00Z"),
    (Tz::Antarctica__Troll, "2026-03-29T01:00:00Z"),
    (Tz::Asia__Kathmandu, "2026-03-29T01:00:00Z"),
    (Tz::UTC, "2026-03-29T01:00:00Z"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_runs_when_somebody_who_watches_the_clock_would_run(
        expression in expression(),
        (zone, moved) in select(&MOVED[..]),
        minutes_before in 0i64..3_000,
    ) {
        let from = moved.parse::<DateTime<Utc>>().unwrap() - TimeDelta::minutes(minutes_before);
        let until = from + TimeDelta::minutes(6_000);
        let cron = Cron::parse(&expression.text(), zone).unwrap();
        // Seen from before it all, for what was shown before the first minute is not known.
        let watched = expression.runs(zone, from - TimeDelta::days(2), until);
        let watched: Vec<_> = watched.into_iter().filter(|run| *run > from).collect();
        let runs = std::iter::successors(cron.next(from), |run| cron.next(*run));
        let runs: Vec<_> = runs.take_while(|run| *run <= until).collect();
        let first_wrong = runs.iter().zip(&watched).find(|(run, watched)| run != watched);
        prop_assert_eq!(first_wrong, None, "{} in {}", expression.text(), zone);
        prop_assert_eq!(runs.len(), watched.len(), "{} in {}", expression.text(), zone);
    }
}
