//! Taking an event in for good: into the database, or into the spool while
//! the database is away.
//!
//! While the spool holds anything, what comes later queues behind it, so that
//! one call's events stay in order.

use std::sync::Arc;

use actix_web::web::Bytes;
use serde_json::{Value, value::to_raw_value};

use super::{Address, Ingest, event::Event, replies::Fate, spool::Spool, spooled::Spooled};
use crate::{
    app::App,
    error::{Code, Error, Result},
    infra::clock::Millis,
    vapi::message::Message,
};

/// A body that was authenticated and understood.
pub(super) struct Received {
    pub message: Message,
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
    let Some(spool) = &ingest.spool else {
        return record(app, ingest, &received).await;
    };
    if spool.is_empty() {
        match record(app, ingest, &received).await {
            Err(error) if error.code() == Code::StoreUnavailable => {
                let why = error.source_chain().unwrap_or_default();
                tracing::warn!(why, "the database is away; an event goes to the spool");
            }
            recorded => return recorded,
        }
    }
    to_spool(app, spool, &received, answer).await
}

async fn record(app: &App, ingest: &Ingest, received: &Received) -> Result<Fate> {
    keep(ingest, event(app, received, app.clock.millis())).await
}

pub(super) fn event(app: &App, received: &Received, received_at: Millis) -> Event {
    let Received {
        message,
        body,
        address,
        webhook_id,
    } = received;
    Event::new(
        message.clone(),
        body,
        *address,
        webhook_id.as_deref(),
        received_at,
        &app.seal,
    )
}

/// Records an event, and says whether it was news.
pub(super) async fn keep(ingest: &Ingest, event: Event) -> Result<Fate> {
    let recorded = ingest.recorder.record(Arc::new(event)).await?;
    if recorded.duplicate {
        metrics::counter!("ringback_ingest_duplicates_total").increment(1);
        return Ok(Fate::Duplicate);
    }
    Ok(Fate::Recorded)
}

async fn to_spool(
    app: &App,
    spool: &Spool,
    received: &Received,
    answer: Option<&Value>,
) -> Result<Fate> {
    let spooled = Spooled {
        body: received.body.clone(),
        address: received.address.path().to_owned(),
        webhook_id: received.webhook_id.clone(),
        received_at: app.clock.millis(),
        answer: answer
            .map(to_raw_value)
            .transpose()
            .map_err(Error::internal)?,
    };
    spool
        .append(spooled.to_bytes())
        .await
        .map_err(Error::store_unavailable)?;
    Ok(Fate::Queued)
}
