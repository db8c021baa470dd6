//! What is asked for at each run: kept sealed, for it says whom to call.

use entity::{ScheduleId, Sealed};
use serde_json::{Map, Value};

use crate::{
    error::{Error, Result},
    infra::seal::{Place, Seal},
};

pub type Template = Map<String, Value>;

pub(super) fn seal(seal: &Seal, id: ScheduleId, template: &Template) -> Result<Sealed> {
    let plain = serde_json::to_vec(template).map_err(Error::internal)?;
    Ok(Sealed(seal.seal(place(&id), &plain)))
}

/// What a schedule asks for, as its owner wrote it.
pub fn open(seal: &Seal, id: ScheduleId, sealed: &Sealed) -> Result<Template> {
    let plain = seal.open(place(&id), &sealed.0).map_err(Error::internal)?;
    serde_json::from_slice(&plain).map_err(Error::internal)
}

fn place(id: &ScheduleId) -> Place<'_> {
    Place {
        table: "schedules",
        column: "call_template",
        row: id.as_bytes(),
    }
}
