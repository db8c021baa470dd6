//! The catalogue, for everybody.

use entity::EventId;
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use utoipa::ToSchema;

use crate::{
    error::{Error, Result},
    events::{Kind, sample, schema::schema},
    infra::clock::Millis,
};

/// All samples are of one moment, so that the catalogue is the same each time.
const SAMPLED_AT: Millis = 1_763_567_291_540;

/// What can be subscribed to.
#[derive(Serialize, ToSchema)]
pub struct EventType {
    #[schema(example = "call.completed")]
    name: &'static str,
    #[schema(example = "A call ended well.")]
    description: &'static str,
    /// Told to those who name no events. The others are told where they are asked for.
    is_default: bool,
    /// A JSON Schema of the whole event.
    #[schema(value_type = Object)]
    schema: Value,
    /// What one looks like.
    #[schema(value_type = Object)]
    sample: Box<RawValue>,
}

/// Every event that can be subscribed to.
#[derive(Serialize, ToSchema)]
pub struct EventTypes {
    #[schema(example = true)]
    success: bool,
    types: Vec<EventType>,
    /// There is one page.
    #[schema(required = true, value_type = Option<String>)]
    next_cursor: Option<&'static str>,
}

impl EventTypes {
    pub fn all() -> Result<Self> {
        Ok(Self {
            success: true,
            types: Kind::ALL
                .iter()
                .map(|kind| of(*kind))
                .collect::<Result<_>>()?,
            next_cursor: None,
        })
    }
}

fn of(kind: Kind) -> Result<EventType> {
    let entry = kind.entry();
    let id = EventId::from_uuid(uuid::uuid!("019a9c95-32a0-7ccd-93e9-2655308be9ae"));
    let bytes = sample(kind, id, SAMPLED_AT).into_bytes();
    Ok(EventType {
        name: entry.name,
        description: entry.description,
        is_default: entry.is_default,
        schema: schema(kind),
        sample: serde_json::from_slice(&bytes).map_err(Error::internal)?,
    })
}
