//! Events that were told.

use entity::{CallId, EventId};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{
    error::{Error, Result},
    events::log::Opened,
    infra::clock::rfc3339,
};

/// An event that was told.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
struct EventView {
    #[schema(value_type = String, example = "evt_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    id: EventId,
    #[schema(example = "call.completed")]
    event: String,
    #[schema(value_type = Option<String>, required = true, example = "call_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    call_id: Option<CallId>,
    /// Where the call stood.
    #[schema(required = true, example = "ENDED")]
    status: Option<String>,
    #[schema(required = true, example = 4)]
    sequence: Option<i32>,
    #[schema(format = DateTime)]
    created_at: String,
    /// What receivers are sent.
    #[schema(value_type = Object)]
    payload: Box<RawValue>,
}

/// A page of events, newest first.
#[derive(Serialize, ToSchema)]
pub struct Events {
    #[schema(example = true)]
    success: bool,
    events: Vec<EventView>,
    /// Where the next page begins; null on the last. A page under a filter may
    /// be short, or empty, though another follows.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl Events {
    pub fn new((events, next_cursor): (Vec<Opened>, Option<String>)) -> Result<Self> {
        Ok(Self {
            success: true,
            events: events
                .into_iter()
                .map(EventView::new)
                .collect::<Result<_>>()?,
            next_cursor,
        })
    }
}

impl EventView {
    fn new(event: Opened) -> Result<Self> {
        let text = String::from_utf8(event.payload).map_err(Error::internal)?;
        let row = event.row;
        Ok(Self {
            id: row.id,
            event: row.kind,
            call_id: row.call_id,
            status: row.status.map(|status| status.to_value()),
            sequence: row.sequence,
            created_at: rfc3339(row.created_at),
            payload: RawValue::from_string(text).map_err(Error::internal)?,
        })
    }
}
