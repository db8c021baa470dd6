//! Finding out whether Vapi has a call that nobody got an answer for.
//!
//! It is looked for a few times, at growing distances, because a list may lag behind. Vapi's word
//! that it has none counts only at the last look. While Vapi is away, looking goes on for a day;
//! where nobody can be asked, or Vapi's list cannot be read to its end, until the call must be over.
//! Then it is over by our own clock, for somebody may wait for its end.

use std::{sync::Arc, time::Duration};

use entity::{CallId, placements};

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
    vapi::{
        client::{Created, Trouble},
        outcome::{End, NO_NEWS},
    },
};

/// Between one look and the next.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(10),
    Duration::from_secs(45),
    Duration::from_secs(240),
    Duration::from_secs(300),
];
/// The look from which on Vapi's no is believed, and the clock.
const LOOKS_MIN: i32 = 4;
/// Clocks differ, and a question may lie on its way for a while.
const BEFORE_ASKING: Duration = Duration::from_secs(300);
const AFTER_ASKING: Duration = Duration::from_secs(900);
/// Vapi comes back before that, or it is not waited for.
const AWAY_MAX: Duration = Duration::from_secs(86_400);
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
pub(super) async fn look(
    desk: &Arc<Desk>,
    placement: &placements::Model,
    over_by: Millis,
) -> Result<()> {
    let id = placement.call_id;
    let (since, until) = window(asked_at(placement));
    let found = match desk.client() {
        Ok(vapi) => vapi
            .search(&request_id(id), since, until)
            .await
            .map_err(Some),
        Err(_) => Err(None), // the operator took the key away, and may give it back
    };
    let is_last = placement.looks + 1 >= LOOKS_MIN;
    match found {
        Ok(Some(call)) => {
            let found = Ok(Created::Accepted(call));
            settle::answered(desk, id, found, Manner::OnTime).await?;
        }
        Ok(None) if is_last => give_up(desk, id, failed(NEVER_PLACED, true)).await?,
        Ok(None) => {}
        Err(trouble) => {
            if let Some(trouble) = &trouble {
                tracing::warn!(call = %id, %trouble, "Vapi cannot tell whether it has this call");
            }
            let waited_for = over_by + millis_of(patience(trouble.as_ref()));
            if is_last && waited_for <= desk.app.clock.millis() {
                tracing::warn!(call = %id, reason = NO_NEWS, "a call is given up: nothing was heard of it");
                give_up(desk, id, End::timed_out(Some(NO_NEWS.to_owned()))).await?;
            }
        }
    }
    Ok(())
}

/// How much longer than the call can last Vapi is asked, where it cannot tell.
fn patience(trouble: Option<&Trouble>) -> Duration {
    match trouble {
        // It will say the same again.
        None | Some(Trouble::NotUnderstood(_)) => Duration::ZERO,
        Some(_) => AWAY_MAX,
    }
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

/// Nobody knows of such a call, and it will not be asked for again: so it ends. Who canceled it
/// hears that it is canceled.
async fn give_up(desk: &Arc<Desk>, id: CallId, end: End) -> Result<()> {
    let settling = desk.clone();
    let settled = desk.app.db.write(move |tx| async move {
        let Some(held) = hold(&tx, id).await? else {
            return Ok(Handoff::default());
        };
        if held.call.vapi_call_id.is_some() {
            return settling.known(&tx, held).await;
        }
        let end = match held.placement.cancel_requested {
            true => canceled(CANCELED_BY_A_PERSON),
            false => end,
        };
        settling.end(&tx, held, &end).await
    });
    desk.deliveries.take(settled.await?);
    desk.changed.notify_waiters();
    Ok(())
}
