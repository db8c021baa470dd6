//! The row that says that a call is to be placed: who asks, what for, and how Vapi knows it.

use std::time::Duration;

use entity::{
    CallId, Sealed,
    placements::{Model, PlacementState},
};
use serde_json::{Map, Value};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Order;
use crate::{
    error::{Error, Result},
    infra::{
        clock::{Millis, millis_of},
        seal::{Place, Seal},
    },
};

/// Two questions and a pause between them are over by then. Who has no answer has none to come.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

/// This instance asks Vapi from now on, and must have an answer in time.
pub(super) fn asking(row: &mut Model, instance: Uuid, now: Millis) {
    row.state = PlacementState::Asking;
    row.instance = Some(instance);
    row.asked_at = Some(now);
    row.due_at = now + millis_of(ANSWERED_WITHIN);
}

pub(super) fn open_order(seal: &Seal, row: &Model) -> Result<Order> {
    serde_json::from_slice(&plain_order(seal, row)?).map_err(Error::internal)
}

/// The same row for the call that has taken the place of its own.
pub(super) fn made_over(seal: &Seal, row: &Model, to: CallId) -> Result<Model> {
    let order = plain_order(seal, row)?;
    Ok(Model {
        call_id: to,
        new_call: Sealed(seal.seal(place(&to), &order)),
        ..row.clone()
    })
}

fn plain_order(seal: &Seal, row: &Model) -> Result<Zeroizing<Vec<u8>>> {
    seal.open(place(&row.call_id), &row.new_call.0)
        .map_err(Error::internal)
}

/// By this Vapi knows our call, and so do we when it speaks of it: it is the call's own id.
pub(super) fn request_id(id: CallId) -> String {
    id.to_string()
}

/// What Vapi is given to carry with the call.
pub(super) fn metadata(order: &Order, id: CallId, owner: &str) -> Map<String, Value> {
    let mut metadata = order.metadata.clone();
    metadata.insert("requestId".to_owned(), request_id(id).into());
    metadata.insert("ownerId".to_owned(), owner.into());
    metadata
}

pub(super) fn place(id: &CallId) -> Place<'_> {
    Place {
        table: "placements",
        column: "new_call",
        row: id.as_bytes(),
    }
}
