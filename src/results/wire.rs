//! What is asked of results, and answered, in JSON.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{CallResult, cache::Figures, record::Record, store::Window};
use crate::{
    config::read_duration,
    error::{Error, Result},
    infra::clock::Millis,
};

const WAIT_MAX: Duration = Duration::from_secs(60);
const LIMIT_DEFAULT: u64 = 10;
const LIMIT_MAX: u64 = 100;
const OFFSET_MAX: u64 = 100_000;

/// How a result is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ResultQuery {
    /// Holds the request until the result is there, for this long at most: a
    /// duration or plain seconds, up to a minute.
    #[param(example = "30s")]
    wait: Option<String>,
    /// `record` gives the result as a row of a table.
    #[param(example = "record")]
    view: Option<String>,
}

/// How a result is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Result,
    Record,
}

/// Which page is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct WindowQuery {
    /// How many to answer, 10 unless given.
    #[param(minimum = 1, maximum = 100, example = 10)]
    limit: Option<u64>,
    /// How many to pass over.
    #[param(minimum = 0, maximum = 100000, example = 0)]
    offset: Option<u64>,
}

/// A call's result, or the same as a row.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum ResultOrRecord {
    Result(Box<CallResult>),
    Record(Box<Record>),
}

/// One result.
#[derive(Serialize, ToSchema)]
pub struct OneResult {
    #[schema(example = true)]
    success: bool,
    data: ResultOrRecord,
}

/// A result that is no more.
#[derive(Serialize, ToSchema)]
pub struct DismissedResult {
    #[schema(example = true)]
    success: bool,
    #[schema(example = "Call result call_abc123 deleted from cache")]
    message: String,
}

/// Some of the results of one number, newest first.
#[derive(Serialize, ToSchema)]
pub struct Records {
    #[schema(example = true)]
    success: bool,
    data: Vec<Record>,
    /// How many there are in all.
    count: u64,
    pagination: Pagination,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    #[schema(example = 10)]
    limit: u64,
    #[schema(example = 0)]
    offset: u64,
    has_more: bool,
}

/// What the cache of results holds.
#[derive(Serialize, ToSchema)]
pub struct CacheStats {
    #[schema(example = true)]
    success: bool,
    stats: Stats,
}

#[derive(Serialize, ToSchema)]
struct Stats {
    #[schema(example = 3)]
    size: u64,
    /// By this process, since it started.
    hits: u64,
    misses: u64,
    /// The first thousand.
    entries: Vec<Entry>,
}

/// Times are milliseconds since 1970.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[schema(example = "call_abc123")]
    call_id: String,
    #[schema(example = 1737022800000_i64)]
    timestamp: Millis,
    #[schema(example = 1737024600000_i64)]
    expires_at: Millis,
}

impl ResultQuery {
    pub fn wait(&self) -> Result<Option<Duration>> {
        let Some(text) = self.wait.as_deref() else {
            return Ok(None);
        };
        let wait = match text {
            "0" | "0s" => Some(Duration::ZERO),
            text => read_duration(text).filter(|wait| *wait <= WAIT_MAX),
        };
        let refused = || Error::invalid("wait", "give a duration such as 30s, up to 60s");
        wait.map(Some).ok_or_else(refused)
    }

    pub fn view(&self) -> Result<View> {
        match self.view.as_deref() {
            None => Ok(View::Result),
            Some("record") => Ok(View::Record),
            Some(_) => Err(Error::invalid("view", "there is one other view: record")),
        }
    }
}

impl WindowQuery {
    pub fn window(&self) -> Result<Window> {
        let (limit, offset) = (
            self.limit.unwrap_or(LIMIT_DEFAULT),
            self.offset.unwrap_or(0),
        );
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Error::invalid("limit", "give a number from 1 to 100"));
        }
        if offset > OFFSET_MAX {
            return Err(Error::invalid("offset", "give a number from 0 to 100000"));
        }
        Ok(Window { limit, offset })
    }
}

impl OneResult {
    pub fn of(result: CallResult) -> Self {
        Self {
            success: true,
            data: ResultOrRecord::Result(Box::new(result)),
        }
    }

    pub fn of_record(record: Record) -> Self {
        Self {
            success: true,
            data: ResultOrRecord::Record(Box::new(record)),
        }
    }
}

impl DismissedResult {
    pub fn new(name: &str) -> Self {
        Self {
            success: true,
            message: format!("Call result {name} deleted from cache"),
        }
    }
}

impl Records {
    pub fn new(data: Vec<Record>, count: u64, window: Window) -> Self {
        let Window { limit, offset } = window;
        Self {
            success: true,
            data,
            count,
            pagination: Pagination {
                limit,
                offset,
                has_more: offset + limit < count,
            },
        }
    }
}

impl CacheStats {
    pub fn new(figures: Figures) -> Self {
        let entries = figures.stock.entries.into_iter().map(|about| Entry {
            call_id: about.name,
            timestamp: about.since,
            expires_at: about.until,
        });
        Self {
            success: true,
            stats: Stats {
                size: figures.stock.size,
                hits: figures.hits,
                misses: figures.misses,
                entries: entries.collect(),
            },
        }
    }
}
