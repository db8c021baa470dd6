//! The fields of an expression, from what people write in a crontab to what
//! the `cron` crate reads, which counts weekdays from Sunday as 1 and wants
//! both day fields to agree.

use std::{borrow::Cow, collections::BTreeSet, str::FromStr};

/// What a field is called, and what it may hold.
struct Kind {
    name: &'static str,
    range: &'static str,
}

const KINDS: [Kind; 6] = [
    kind("second", "0 to 59"),
    kind("minute", "0 to 59"),
    kind("hour", "0 to 23"),
    kind("day of the month", "1 to 31"),
    kind("month", "1 to 12, or JAN to DEC"),
    kind("weekday", "0 to 7, where 0 and 7 are Sunday, or SUN to SAT"),
];

const WEEKDAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];
const SATURDAY: u32 = 6;
/// Sunday again, so that a week may end with it.
const WEEKDAY_MAX: u32 = 7;

/// Six fields, seconds first, as the crate reads each of them.
pub(super) struct Fields<'a> {
    fields: [Cow<'a, str>; 6],
    /// Both the day of the month and the weekday name days.
    names_both_days: bool,
}

impl<'a> Fields<'a> {
    pub fn read(expression: &'a str) -> Result<Self, String> {
        let given: Vec<&str> = expression.split_whitespace().collect();
        let fields = match given[..] {
            [minute, hour, day, month, weekday] => ["0", minute, hour, day, month, weekday],
            [second, minute, hour, day, month, weekday] => {
                [second, minute, hour, day, month, weekday]
            }
            _ => {
                return Err(
                    "give five fields (minute, hour, day of the month, month, weekday), \
                            or six with seconds in front, such as `30 9 * * 1-5`"
                        .to_owned(),
                );
            }
        };
        for (field, kind) in fields.iter().zip(&KINDS) {
            if !is_sound(field) {
                return Err(refusal(field, kind));
            }
        }
        let names_both_days = !is_open(fields[3]) && !is_open(fields[5]);
        let weekdays = weekdays(fields[5]).ok_or_else(|| refusal(fields[5], &KINDS[5]))?;
        let mut fields = fields.map(Cow::Borrowed);
        fields[5] = weekdays.into();
        assert_each_is_understood(&fields)?;
        Ok(Self {
            fields,
            names_both_days,
        })
    }

    /// Whether the hour is given, and not merely how often in a day.
    pub fn names_hours(&self) -> bool {
        !is_open(&self.fields[2])
    }

    /// Where both day fields name days, a day need only be one of either's.
    pub fn schedules(&self) -> Result<Vec<cron::Schedule>, String> {
        let [second, minute, hour, day, month, weekday] = &self.fields;
        let days: &[(&str, &str)] = match self.names_both_days {
            true => &[(day, "*"), ("*", weekday)],
            false => &[(day, weekday)],
        };
        let schedule = |(day, weekday): &(&str, &str)| {
            parse(&[second, minute, hour, day, month, weekday])
                .ok_or_else(|| "give an expression that a crontab could hold".to_owned())
        };
        days.iter().map(schedule).collect()
    }
}

/// Each field among others that are open, so that the one that is wrong is known.
fn assert_each_is_understood(fields: &[Cow<'_, str>; 6]) -> Result<(), String> {
    for (at, (field, kind)) in fields.iter().zip(&KINDS).enumerate() {
        let mut alone = ["*"; 6];
        alone[at] = field;
        parse(&alone).ok_or_else(|| refusal(field, kind))?;
    }
    Ok(())
}

const fn kind(name: &'static str, range: &'static str) -> Kind {
    Kind { name, range }
}

fn parse(fields: &[&str; 6]) -> Option<cron::Schedule> {
    cron::Schedule::from_str(&fields.join(" ")).ok()
}

/// No part of a list, a range or a step is empty. The crate would take the next field for it.
fn is_sound(field: &str) -> bool {
    field.split([',', '-', '/']).all(|part| !part.is_empty())
}

/// It says how often at most, and names nothing.
fn is_open(field: &str) -> bool {
    field.starts_with(['*', '?'])
}

fn refusal(field: &str, kind: &Kind) -> String {
    let Kind { name, range } = kind;
    format!(
        "`{field}` is not understood as the {name}: give `*`, or {range}, or a list (`1,3`), a range \
         (`1-5`) or a step (`*/2`) of those"
    )
}

/// The days that a weekday field names, as the crate counts them.
fn weekdays(field: &str) -> Option<String> {
    if ["*", "?"].contains(&field) {
        return Some(field.to_owned());
    }
    let mut days = BTreeSet::new();
    for part in field.split(',') {
        days.extend(some_weekdays(part)?.map(|day| day % WEEKDAY_MAX));
    }
    let numbers = days.iter().map(|day| (day + 1).to_string());
    Some(numbers.collect::<Vec<_>>().join(","))
}

/// `5`, `FRI`, `1-5`, `MON-FRI`, each with or without `/step`; `*/step`.
fn some_weekdays(part: &str) -> Option<impl Iterator<Item = u32>> {
    let (days, step) = match part.split_once('/') {
        Some((days, step)) => (days, Some(number(step)?)),
        None => (part, None),
    };
    let (first, last) = match days.split_once('-') {
        _ if days == "*" => (0, SATURDAY),
        Some((first, last)) => (weekday(first)?, last_weekday(last)?),
        None => {
            let day = weekday(days)?;
            // A step from a day goes to the end of the week.
            let last = if step.is_some() {
                SATURDAY.max(day)
            } else {
                day
            };
            (day, last)
        }
    };
    let step = step.unwrap_or(1);
    let makes_sense = first <= last && (1..=WEEKDAY_MAX).contains(&step);
    makes_sense.then(|| (first..=last).step_by(step as usize))
}

/// A range may end with Sunday by its name too.
fn last_weekday(text: &str) -> Option<u32> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    match weekday(text)? {
        0 if !is_number => Some(WEEKDAY_MAX),
        day => Some(day),
    }
}

fn weekday(text: &str) -> Option<u32> {
    if let Some(day) = number(text) {
        return (day <= WEEKDAY_MAX).then_some(day);
    }
    let text = text.to_ascii_lowercase();
    let is_named = |name: &&str| text == **name || text == name[..3];
    let at = WEEKDAYS.iter().position(is_named)?;
    u32::try_from(at).ok()
}

fn number(text: &str) -> Option<u32> {
    let is_short = text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_short.then(|| text.parse().ok())?
}
