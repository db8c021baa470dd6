//! A call's log as it looks in JSON.

use entity::{EventId, calls::CallStatus};
use sea_orm::ActiveEnum;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::Heard;
use crate::{
    error::{Error, Result},
    infra::{clock::rfc3339, walk::Walk},
};

/// The query of a call's log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LogQuery {
    /// How many to answer, 20 unless given.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl LogQuery {
    pub fn walk(&self) -> Result<Walk<i64>> {
        Walk::read(self.limit, self.cursor.as_deref())
    }
}

/// Something that Vapi said of a call.
#[derive(Serialize, ToSchema)]
#[schema(as = CallEvent)]
struct HeardView {
    #[schema(value_type = String, example = "evt_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    id: EventId,
    /// Vapi's own word.
    #[schema(example = "status-update")]
    r#type: String,
    /// Where the call stands by it, if it says so.
    #[schema(required = true, example = "IN_PROGRESS")]
    status: Option<String>,
    /// False where it came too late to change anything.
    applied: bool,
    /// As it came, without Vapi's own secrets.
    #[schema(value_type = Object)]
    payload: Box<RawValue>,
    #[schema(format = DateTime)]
    created_at: String,
}

/// A page of what Vapi said of a call, oldest first.
#[derive(Serialize, ToSchema)]
pub struct CallLog {
    #[schema(example = true)]
    success: bool,
    events: Vec<HeardView>,
    /// Where the next page begins; null on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl CallLog {
    pub fn new((heard, next_cursor): (Vec<Heard>, Option<String>)) -> Result<Self> {
        Ok(Self {
            success: true,
            events: heard
                .into_iter()
                .map(HeardView::new)
                .collect::<Result<_>>()?,
            next_cursor,
        })
    }
}

impl HeardView {
    fn new(heard: Heard) -> Result<Self> {
        let text = String::from_utf8(heard.payload).map_err(Error::internal)?;
        let row = heard.row;
        Ok(Self {
            id: row.id,
            r#type: row.r#type,
            status: row.status.map(word),
            applied: row.applied,
            payload: RawValue::from_string(text).map_err(Error::internal)?,
            created_at: rfc3339(row.created_at),
        })
    }
}

/// What a replay came to.
#[derive(Serialize, ToSchema)]
pub struct ReplayedCall {
    #[schema(example = true)]
    success: bool,
    /// Whether the log, run through the rules again, leads to the state that is stored.
    #[schema(example = true)]
    state_matches: bool,
    /// What is stored, and what the log leads to.
    #[schema(example = "ENDED")]
    status: String,
    #[schema(example = "ENDED")]
    replayed_status: String,
    /// How many events were told again, and how many deliveries that makes.
    #[schema(example = 4)]
    events_replayed: usize,
    #[schema(example = 8)]
    deliveries: usize,
}

impl ReplayedCall {
    /// `told` counts events, and the deliveries that they make.
    pub fn new(
        stored: CallStatus,
        replayed: CallStatus,
        state_matches: bool,
        told: (usize, usize),
    ) -> Self {
        Self {
            success: true,
            state_matches,
            status: word(stored),
            replayed_status: word(replayed),
            events_replayed: told.0,
            deliveries: told.1,
        }
    }
}

fn word(status: CallStatus) -> String {
    status.to_value()
}
