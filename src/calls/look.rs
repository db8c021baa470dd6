//! Finding out whether Vapi has a call that nobody got an answer for.
//!
//! It is looked for a few times, at growing distances, because a list may lag behind. Vapi's word
//! that it has none counts only at the last look; as long as Vapi cannot be asked, looking goes on.

use std::{sync::Arc, time::Duration};

use entity::placements;

use super::{
    Desk,
    details::Details,
    placement::request_id,
    refusal::{Manner, canceled, failed},
    settle::{self, CANCELED_BY_A_PERSON, Held, hold},
};
use crate::{
    delivery::Handoff,
    error::{Error, Result},
    infra::clock::{Millis, millis_of},
    vapi::client::Created,
};

/// Between one look and the next.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(10),
    Duration::from_secs(45),
    Duration::from_secs(240),
    Duration::from_secs(300),
];
/// The look at which Vapi's no is believed.
const LOOKS_MIN: i32 = 4;
/// Clocks differ, and a question may lie on its way for a while.
const BEFORE_ASKING: Duration = Duration::from_secs(300);
const AFTER_ASKING: Duration = Duration::from_secs(900);
const NEVER_PLACED: &str = "vapi-never-placed";

pub(super) fn pause_after(look: i32) -> Duration {
    let number = usize::try_from(look).unwrap_or(0).min(PAUSES.len() - 1);
    PAUSES[number]
}

/// By then a call is over that Vapi has made of our question, be the question late.
pub(super) fn over_by(desk: &Desk, held: &Held) -> Result<Millis> {
    let details = Details::of_call(&desk.app.seal, &held.call).map_err(Error::internal)?;
    Ok(asked_at(&held.placement) + millis_of(AFTER_ASKING + details.max_duration()))
}

/// One look; `placement` is as it was before it.
pub(super) async fn look(desk: &Arc<Desk>, placement: &placements::Model) -> Result<()> {
    let id = placement.call_id;
    let Ok(vapi) = desk.client() else {
        return Ok(()); // the operator took the key away, and may give it back
    };
    let (since, until) = window(asked_at(placement));
    match vapi.search(&request_id(id), since, until).await {
        Ok(Some(call)) => {
            let found = Ok(Created::Accepted(call));
            settle::answered(desk, id, found, Manner::OnTime).await?;
        }
        Ok(None) if placement.looks + 1 >= LOOKS_MIN => give_up(desk, placement).await?,
        Ok(None) => {}
        Err(trouble) => {
            tracing::warn!(call = %id, %trouble, "Vapi cannot tell whether it has this call");
        }
    }
    Ok(())
}

fn asked_at(placement: &placements::Model) -> Millis {
    placement.asked_at.unwrap_or(placement.created_at)
}

fn window(asked_at: Millis) -> (Millis, Millis) {
    (
        asked_at - millis_of(BEFORE_ASKING),
        asked_at + millis_of(AFTER_ASKING),
    )
}

/// Vapi has no such call, and it will not be asked for again. Who canceled it hears that it is
/// canceled.
async fn give_up(desk: &Arc<Desk>, placement: &placements::Model) -> Result<()> {
    let (id, settling) = (placement.call_id, desk.clone());
    let settled = desk.app.db.write(move |tx| async move {
        match hold(&tx, id).await? {
            Some(held) if held.call.vapi_call_id.is_some() => settling.known(&tx, held).await,
            Some(held) if held.placement.cancel_requested => {
                let end = canceled(CANCELED_BY_A_PERSON);
                settling.end(&tx, held, &end).await
            }
            Some(held) => settling.end(&tx, held, &failed(NEVER_PLACED, true)).await,
            None => Ok(Handoff::default()),
        }
    });
    desk.deliveries.take(settled.await?);
    desk.changed.notify_waiters();
    Ok(())
}
