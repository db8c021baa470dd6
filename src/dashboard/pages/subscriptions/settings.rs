//! The settings of a subscription, as a form has them.

use entity::subscriptions::{Ordering, SubscriptionScope};

use crate::{
    dashboard::fields::Fields,
    events::Kind,
    subscriptions::{FilterWish, Known, Pairs, Wanted, Wrong},
};

const IN_FLIGHT_DEFAULT: &str = "8";

/// What stands in the fields, right or not.
#[derive(Clone, Debug, Default)]
pub struct SettingsForm {
    pub webhook_url: String,
    pub events: Vec<String>,
    pub description: String,
    /// A `name: value` a line. What there is already is not shown.
    pub headers: String,
    pub clear_headers: bool,
    /// As JSON.
    pub filter: String,
    pub is_strict: bool,
    pub max_in_flight: String,
    pub rate_per_second: String,
    pub hears_all: bool,
}

/// An event that can be ticked.
pub struct Choice {
    pub name: &'static str,
    pub description: &'static str,
    pub is_ticked: bool,
}

impl Choice {
    /// Every one there is, ticked where its name is among these.
    pub fn all(ticked: &[String]) -> Vec<Self> {
        let choice = |kind: &Kind| Self {
            name: kind.name(),
            description: kind.entry().description,
            is_ticked: ticked.iter().any(|name| name == kind.name()),
        };
        Kind::ALL.iter().map(choice).collect()
    }
}

impl SettingsForm {
    /// Before anything was filled in.
    pub fn blank() -> Self {
        Self {
            events: Kind::defaults()
                .map(|kind| kind.name().to_owned())
                .collect(),
            max_in_flight: IN_FLIGHT_DEFAULT.to_owned(),
            ..Self::default()
        }
    }

    pub fn of(known: &Known) -> Self {
        let row = &known.row;
        Self {
            webhook_url: row.url.clone(),
            events: serde_json::from_str(&row.events).unwrap_or_default(),
            description: row.description.clone().unwrap_or_default(),
            filter: row.filter.clone().unwrap_or_default(),
            is_strict: row.ordering == Ordering::Strict,
            max_in_flight: row.max_in_flight.to_string(),
            rate_per_second: row
                .rate_per_second
                .map_or(String::new(), |rate| rate.to_string()),
            hears_all: row.scope == SubscriptionScope::All,
            ..Self::default()
        }
    }

    pub fn read(fields: &Fields) -> Self {
        Self {
            webhook_url: fields.text("webhook_url"),
            events: fields.ticked("events"),
            description: fields.lines("description"),
            headers: fields.lines("headers"),
            clear_headers: fields.is_ticked("clear_headers"),
            filter: fields.text("filter"),
            is_strict: fields.given("ordering") == Some("strict"),
            max_in_flight: fields.text("max_in_flight"),
            rate_per_second: fields.text("rate_per_second"),
            hears_all: fields.is_ticked("hears_all"),
        }
    }

    /// What is asked for by that; what cannot be read is noted.
    pub fn wanted(&self, is_admin: bool, wrong: &mut Wrong) -> Wanted {
        let scope = match self.hears_all {
            true => SubscriptionScope::All,
            false => SubscriptionScope::Own,
        };
        let ordering = match self.is_strict {
            true => Ordering::Strict,
            false => Ordering::Call,
        };
        Wanted {
            webhook_url: Some(self.webhook_url.clone()),
            events: Some(self.events.clone()),
            description: Some(given(&self.description).map(str::to_owned)),
            headers: self.headers(wrong),
            filter: self.filter(wrong),
            ordering: Some(ordering),
            max_in_flight: number("max_in_flight", &self.max_in_flight, wrong),
            rate_per_second: Some(number("rate_per_second", &self.rate_per_second, wrong)),
            scope: is_admin.then_some(scope),
        }
    }

    fn headers(&self, wrong: &mut Wrong) -> Option<Option<Pairs>> {
        if self.clear_headers {
            return Some(None);
        }
        let mut pairs = Vec::new();
        for (at, line) in self.headers.lines().enumerate() {
            match line.split_once(':') {
                _ if line.trim().is_empty() => {}
                Some((name, value)) => {
                    pairs.push((name.trim().to_owned(), value.trim().to_owned()));
                }
                None => wrong.add(format!("headers[{at}]"), "write it as `name: value`"),
            }
        }
        (!pairs.is_empty()).then(|| Some(pairs.into()))
    }

    fn filter(&self, wrong: &mut Wrong) -> Option<Option<FilterWish>> {
        let Some(text) = given(&self.filter) else {
            return Some(None);
        };
        wrong.note("filter", serde_json::from_str(text)).map(Some)
    }

    /// Whether anything stands where few look.
    pub fn has_more(&self) -> bool {
        let texts = [&self.filter, &self.headers, &self.rate_per_second];
        let has_text = texts.iter().any(|text| !text.is_empty());
        has_text || self.is_strict || self.hears_all || self.max_in_flight != IN_FLIGHT_DEFAULT
    }

    pub fn choices(&self) -> Vec<Choice> {
        Choice::all(&self.events)
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.trim().is_empty())
}

fn number(path: &str, text: &str, wrong: &mut Wrong) -> Option<u32> {
    let read = |text: &str| text.parse().map_err(|_| "give a whole number");
    given(text).and_then(|text| wrong.note(path, read(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_line_by_line_and_left_as_they_are_where_none_is_given() {
        let mut wrong = Wrong::default();
        let form = |headers: &str| SettingsForm {
            headers: headers.to_owned(),
            ..SettingsForm::blank()
        };
        assert!(form("\n \n").headers(&mut wrong).is_none());
        assert!(
            form("a: b\n\nc: d:e")
                .headers(&mut wrong)
                .flatten()
                .is_some()
        );
        assert!(wrong.is_nothing());
        form("a: b\nnonsense").headers(&mut wrong);
        assert!(
            wrong
                .refuse_any()
                .unwrap_err()
                .to_string()
                .contains("headers[1]")
        );
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_field() {
        let mut wrong = Wrong::default();
        let form = SettingsForm {
            filter: "{".to_owned(),
            max_in_flight: "many".to_owned(),
            rate_per_second: String::new(),
            ..SettingsForm::blank()
        };
        form.wanted(false, &mut wrong);
        let refused = wrong.refuse_any().unwrap_err();
        let paths: Vec<_> = refused
            .details()
            .iter()
            .map(|detail| &detail.path)
            .collect();
        assert_eq!(paths, ["filter", "max_in_flight"]);
    }
}
