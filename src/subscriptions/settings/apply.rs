//! Putting settings into a row.

use entity::subscriptions::Model;

use super::Settings;
use crate::{
    error::{Error, Result},
    events::Kind,
    infra::seal::Seal,
    subscriptions::{
        Filter,
        sealed::{Headers, open_headers, seal_headers},
    },
};

impl Settings {
    /// Puts what is given into the row, and leaves the rest as it is.
    pub fn apply(self, row: &mut Model, seal: &Seal) -> Result<()> {
        if let Some(headers) = self.headers {
            put_headers(row, headers.unwrap_or_default(), seal).map_err(Error::internal)?;
        }
        if let Some(filter) = self.filter {
            row.filter = write_filter(filter.unwrap_or_default()).map_err(Error::internal)?;
        }
        if let Some(events) = self.events {
            row.events = write_events(&events).map_err(Error::internal)?;
        }
        let Model {
            url,
            description,
            ordering,
            max_in_flight,
            rate_per_second,
            scope,
            ..
        } = row;
        put(url, self.url.map(String::from));
        put(description, self.description);
        put(ordering, self.ordering);
        put(max_in_flight, self.max_in_flight);
        put(rate_per_second, self.rate_per_second);
        put(scope, self.scope);
        Ok(())
    }
}

fn put<T>(place: &mut T, given: Option<T>) {
    if let Some(value) = given {
        *place = value;
    }
}

/// What is sealed anew looks different each time, so it is only where it is.
fn put_headers(row: &mut Model, headers: Headers, seal: &Seal) -> anyhow::Result<()> {
    if open_headers(seal, row.id, row.headers.as_ref())? != headers {
        row.headers = match headers.is_empty() {
            true => None,
            false => Some(seal_headers(seal, row.id, &headers)?),
        };
    }
    Ok(())
}

/// A filter that lets everything through is none.
fn write_filter(filter: Filter) -> serde_json::Result<Option<String>> {
    match filter == Filter::default() {
        true => Ok(None),
        false => serde_json::to_string(&filter).map(Some),
    }
}

pub fn write_events(events: &[Kind]) -> serde_json::Result<String> {
    let names: Vec<&str> = events.iter().map(|kind| kind.name()).collect();
    serde_json::to_string(&names)
}
