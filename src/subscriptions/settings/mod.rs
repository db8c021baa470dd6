//! What a subscription may be set to.
//!
//! Whoever makes or changes a subscription gives some settings and leaves out
//! others. All that is given is judged here, before anything is touched, and
//! all that is wrong is told at once.

mod apply;
mod events;
mod filter;
mod headers;
mod wrong;

use entity::subscriptions::{Ordering, SubscriptionScope};
use url::Url;

pub use self::{apply::write_events, filter::FilterWish, headers::Pairs, wrong::Wrong};
use super::{Filter, sealed::Headers};
use crate::{config::EgressConfig, events::Kind, infra::egress::read_url};

const DESCRIPTION_CHARS_MAX: usize = 500;
const IN_FLIGHT_MAX: u32 = 100;
const RATE_PER_SECOND_MAX: u32 = 1_000;

/// Settings as somebody gives them. What is absent is to stay as it is; what
/// can be cleared and is there without a value is to be cleared.
pub struct Wanted {
    pub webhook_url: Option<String>,
    pub events: Option<Vec<String>>,
    pub description: Option<Option<String>>,
    pub headers: Option<Option<Pairs>>,
    pub filter: Option<Option<FilterWish>>,
    pub ordering: Option<Ordering>,
    pub max_in_flight: Option<u32>,
    pub rate_per_second: Option<Option<u32>>,
    pub scope: Option<SubscriptionScope>,
}

/// The same, understood and allowed.
#[derive(Clone, Default)]
pub struct Settings {
    pub url: Option<Url>,
    pub events: Option<Vec<Kind>>,
    pub description: Option<Option<String>>,
    pub headers: Option<Option<Headers>>,
    pub filter: Option<Option<Filter>>,
    pub ordering: Option<Ordering>,
    pub max_in_flight: Option<i32>,
    pub rate_per_second: Option<Option<i32>>,
    pub scope: Option<SubscriptionScope>,
}

impl Settings {
    /// Judges all that is given. What is wrong is noted, and left out of what
    /// comes back.
    pub fn read(wanted: Wanted, egress: &EgressConfig, wrong: &mut Wrong) -> Self {
        Self {
            url: wanted
                .webhook_url
                .and_then(|text| wrong.note("webhook_url", read_url(&text, egress))),
            events: wanted.events.and_then(|names| events::read(&names, wrong)),
            description: clearable(wanted.description, |text| {
                wrong.note("description", check_description(text))
            }),
            headers: clearable(wanted.headers, |pairs| headers::read(pairs, wrong)),
            filter: clearable(wanted.filter, |wish| filter::read(wish, wrong)),
            ordering: wanted.ordering,
            max_in_flight: wanted
                .max_in_flight
                .and_then(|number| wrong.note("max_in_flight", within(number, IN_FLIGHT_MAX))),
            rate_per_second: clearable(wanted.rate_per_second, |number| {
                wrong.note("rate_per_second", within(number, RATE_PER_SECOND_MAX))
            }),
            scope: wanted.scope,
        }
    }
}

fn clearable<T, U>(
    given: Option<Option<T>>,
    read: impl FnOnce(T) -> Option<U>,
) -> Option<Option<U>> {
    match given? {
        None => Some(None),
        Some(value) => read(value).map(Some),
    }
}

/// PostgreSQL keeps no NUL in a text, and no other control sign is meant.
fn check_description(text: String) -> Result<String, String> {
    let is_odd = |sign: char| sign.is_control() && !['\n', '\t'].contains(&sign);
    if text.chars().count() > DESCRIPTION_CHARS_MAX {
        Err(format!("give at most {DESCRIPTION_CHARS_MAX} characters"))
    } else if text.contains(is_odd) {
        Err("leave out the control characters".to_owned())
    } else {
        Ok(text)
    }
}

fn within(number: u32, max: u32) -> Result<i32, String> {
    match (1..=max).contains(&number) {
        true => Ok(number.cast_signed()),
        false => Err(format!("give a number from 1 to {max}")),
    }
}
