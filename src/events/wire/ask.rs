//! Which events are listed.

use entity::CallId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    error::{Error, Result},
    events::{Kind, log::Wanted},
    infra::walk::{Walk, time},
};

/// Which events are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// The name of an event.
    #[param(example = "call.completed")]
    event: Option<String>,
    /// Of this call, by Vapi's id or ours.
    pub(in crate::events) call_id: Option<String>,
    /// Told then or later.
    #[param(example = "2026-11-21T09:30:00Z")]
    since: Option<String>,
    /// Told before then.
    until: Option<String>,
    /// How many to answer, 20 unless given.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl EventsQuery {
    pub fn wanted(&self, call: Option<CallId>) -> Result<Wanted> {
        let kind = self.event.as_deref().map(str::parse::<Kind>).transpose();
        let moment =
            |path, text: &Option<String>| text.as_deref().map(|text| time(path, text)).transpose();
        Ok(Wanted {
            kind: kind.map_err(|known| Error::invalid("event", known.to_string()))?,
            call,
            since: moment("since", &self.since)?,
            until: moment("until", &self.until)?,
        })
    }

    pub fn walk(&self) -> Result<Walk<i64>> {
        Walk::read(self.limit, self.cursor.as_deref())
    }
}
