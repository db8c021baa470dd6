//! Telling one subscription one event again.
//!
//! It is told what it was told before and nothing else: whoever never heard of
//! an event does not hear of it by this way.

use entity::events::Model as Event;

use super::{
    Which, Wish,
    again::{enqueue, repeats},
};
use crate::{
    app::App,
    delivery::{Deliveries, log::Logged, resend::locked_lane},
    error::{Code, Error, Result},
    infra::{clock::Millis, db::Tx},
};

/// Sends an event that has ended once more, as a new delivery.
pub async fn replay_event(
    app: &App,
    deliveries: &Deliveries,
    logged: &Logged,
    event: &Event,
) -> Result<()> {
    let (ours, event, now) = (logged.clone(), event.clone(), app.clock.millis());
    let queued = app
        .db
        .write(move |tx| async move { queue_again(&tx, &ours, &event, now).await });
    queued.await?;
    deliveries.wake(logged.id());
    Ok(())
}

async fn queue_again(tx: &Tx, logged: &Logged, event: &Event, now: Millis) -> Result<()> {
    locked_lane(tx, logged).await?;
    let wish = Wish {
        since: Millis::MIN,
        until: None,
        kinds: None,
        call: None,
        which: Which::All,
    };
    let repeats = repeats(&**tx, logged, &wish, &[event.id]).await?;
    if repeats.is_empty() {
        let message = "The subscription waits for this event already, or was never told of it: \
                       nothing was queued.";
        return Err(Error::new(Code::Conflict, message));
    }
    enqueue(tx, logged.id(), &repeats, now).await
}
