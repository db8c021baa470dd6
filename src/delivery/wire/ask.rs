//! What callers ask of deliveries.

use entity::CallId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    delivery::{
        log::{Wanted, line::Place},
        replay::{Which, Wish},
    },
    error::{Error, Result},
    events::Kind,
    infra::walk::{Walk, time},
};

/// Which deliveries are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DeliveriesQuery {
    /// One of `pending`, `retrying`, `held`, `delivered`, `failed`, `dropped`.
    #[param(example = "failed")]
    status: Option<String>,
    /// The name of an event.
    #[param(example = "call.completed")]
    event: Option<String>,
    /// Of this call, by Vapi's id or ours.
    pub(in crate::delivery) call_id: Option<String>,
    /// That ended then or later, or, if they wait, were made.
    #[param(example = "2026-11-21T09:30:00Z")]
    since: Option<String>,
    /// That ended before then, or, if they wait, were made.
    until: Option<String>,
    /// How many to answer, 20 unless given.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl DeliveriesQuery {
    pub fn wanted(&self) -> Result<Wanted> {
        let status = self.status.as_deref().map(str::parse).transpose();
        let kind = self.event.as_deref().map(str::parse::<Kind>).transpose();
        Ok(Wanted {
            status: status.map_err(|known: String| Error::invalid("status", known))?,
            kind: kind.map_err(|known| Error::invalid("event", known.to_string()))?,
            since: moment("since", self.since.as_deref())?,
            until: moment("until", self.until.as_deref())?,
        })
    }

    pub fn walk(&self) -> Result<Walk<Place>> {
        Walk::read(self.limit, self.cursor.as_deref())
    }
}

/// What is to be sent again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartReplay {
    /// Deliveries of events that were told then or later.
    #[schema(format = DateTime, example = "2026-11-21T09:30:00Z")]
    since: String,
    /// And before then.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// Of these events alone.
    #[schema(example = json!(["call.completed"]))]
    events: Option<Vec<String>>,
    /// Of this call alone, by Vapi's id or ours.
    pub(in crate::delivery) call_id: Option<String>,
    which: WhichDeliveries,
    /// Only count them.
    #[serde(default)]
    pub(in crate::delivery) dry_run: bool,
}

/// `failed`: those that were given up. `undelivered`: those and what still
/// waits. `all`: what was delivered or dropped as well.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WhichDeliveries {
    Failed,
    Undelivered,
    All,
}

impl StartReplay {
    pub fn wish(&self, call: Option<CallId>) -> Result<Wish> {
        let wish = Wish {
            since: time("since", &self.since)?,
            until: moment("until", self.until.as_deref())?,
            kinds: self.events.as_deref().map(kinds).transpose()?,
            call,
            which: match self.which {
                WhichDeliveries::Failed => Which::Failed,
                WhichDeliveries::Undelivered => Which::Undelivered,
                WhichDeliveries::All => Which::All,
            },
        };
        match wish.until.is_some_and(|until| until <= wish.since) {
            true => Err(Error::invalid("until", "give a time after since")),
            false => Ok(wish),
        }
    }
}

fn kinds(names: &[String]) -> Result<Vec<Kind>> {
    if names.is_empty() {
        let message = "name at least one event, or leave it out for all";
        return Err(Error::invalid("events", message));
    }
    let named = names.iter().enumerate().map(|(at, name)| {
        let unknown = |known: crate::events::UnknownKind| {
            Error::invalid(format!("events[{at}]"), known.to_string())
        };
        name.parse().map_err(unknown)
    });
    named.collect()
}

fn moment(path: &str, text: Option<&str>) -> Result<Option<i64>> {
    text.map(|text| time(path, text)).transpose()
}

/// How many deliveries are sent again, or would be.
#[derive(Serialize, ToSchema)]
pub struct Replayed {
    #[schema(example = true)]
    success: bool,
    #[schema(example = 42)]
    count: usize,
    dry_run: bool,
}

impl Replayed {
    pub fn new(count: usize, dry_run: bool) -> Self {
        Self {
            success: true,
            count,
            dry_run,
        }
    }
}
