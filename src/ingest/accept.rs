//! Taking an event in for good: into the database, or into the spool while
//! the database is away.
//!
//! While the spool holds anything, what comes later queues behind it, so that
//! one call's events stay in order.

use std::sync::Arc;

use actix_web::web::Bytes;
use serde_json::{Value, value::to_raw_value};

use super::{
    Address, Ingest,
    event::Event,
    record::{Arrival, Recorded, Refused, Turn},
    replies::Fate,
    spool::Spool,
    spooled::Spooled,
};
use crate::{
    app::App,
    error::{Code, Error, Result},
    infra::clock::Millis,
    vapi::message::Message,
};

/// A body that was authenticated and understood.
pub(super) struct Received {
    pub message: Message,
    pub letter: Letter,
}

/// The body as it came, and how.
pub(super) struct Letter {
    pub body: Bytes,
    pub address: Address,
    /// The one that came under a verified signature.
    pub webhook_id: Option<String>,
}

/// Comes back when the event is on a disk.
pub(super) async fn accept(
    app: &App,
    ingest: &Ingest,
    received: Received,
    answer: Option<&Value>,
) -> Result<Fate> {
    let Received { message, letter } = received;
    let arrival = ingest.recorder.arrival();
    let Some(spool) = &ingest.spool else {
        return Ok(record(app, ingest, message, &letter, arrival).await?);
    };
    let mut turn = Turn::default();
    if spool.is_empty() {
        match record(app, ingest, message, &letter, arrival.or_elsewhere()).await {
            Err(refused) if refused.error.code() == Code::StoreUnavailable => {
                let why = refused.error.source_chain().unwrap_or_default();
                tracing::warn!(why, "the database is away; an event goes to the spool");
                turn = refused.turn;
            }
            recorded => return Ok(recorded?),
        }
    }
    to_spool(app, spool, letter, answer, turn).await
}

/// Records an event, and says whether it was news.
async fn record(
    app: &App,
    ingest: &Ingest,
    message: Message,
    letter: &Letter,
    arrival: Arrival,
) -> std::result::Result<Fate, Refused> {
    let event = event(app, message, letter, app.clock.millis());
    let entered = ingest.recorder.enter(Arc::new(event), arrival).await?;
    Ok(fate(&entered.await?))
}

pub(super) fn event(app: &App, message: Message, letter: &Letter, received_at: Millis) -> Event {
    Event::new(
        message,
        &letter.body,
        letter.address.path(),
        letter.webhook_id.as_deref(),
        received_at,
        &app.seal,
    )
}

pub(super) fn fate(recorded: &Recorded) -> Fate {
    if recorded.duplicate {
        metrics::counter!("ringback_ingest_duplicates_total").increment(1);
        return Fate::Duplicate;
    }
    Fate::Recorded
}

/// Whoever is next in turn may go as soon as this one has its place.
async fn to_spool(
    app: &App,
    spool: &Spool,
    letter: Letter,
    answer: Option<&Value>,
    turn: Turn,
) -> Result<Fate> {
    let spooled = Spooled {
        body: letter.body,
        address: letter.address.path().to_owned(),
        webhook_id: letter.webhook_id,
        received_at: app.clock.millis(),
        answer: answer
            .map(to_raw_value)
            .transpose()
            .map_err(Error::internal)?,
    };
    let entered = spool.enter(spooled.to_bytes()).await;
    drop(turn);
    let kept = entered.map_err(Error::store_unavailable)?.await;
    kept.map_err(Error::store_unavailable)?;
    Ok(Fate::Queued)
}
