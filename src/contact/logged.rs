//! What Vapi said of a call, as the call's log keeps it: sealed, and bound to its row.

use entity::call_events::Model;

use crate::{
    error::{Error, Result},
    infra::seal::{Place, Seal},
};

/// What was said, opened.
pub fn open(seal: &Seal, row: &Model) -> Result<Vec<u8>> {
    let place = Place {
        table: "call_events",
        column: "payload",
        row: row.id.as_bytes(),
    };
    let plain = seal.open(place, &row.payload.0).map_err(Error::internal)?;
    Ok(plain.to_vec())
}
