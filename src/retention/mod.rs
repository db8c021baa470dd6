//! Retention: what is older than `RINGBACK_RETENTION` goes.
//!
//! It goes oldest first and a few hundred rows at a time, so that nothing that
//! matters waits for it, and from the consequences back to the facts: queue
//! rows go with their events, in one transaction, so no delivery is ever left
//! without its event; then attempts, the log of calls, the calls themselves;
//! last the subscriptions that were deleted and have no history left.
//!
//! The immutable tables let it in while it holds its row of `maintenance`,
//! which of several processes one can at a time.

mod batch;
mod calls;
mod events;
mod oldest;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    error::Result,
    infra::clock::{Millis, millis_of},
    instances,
};

const EVERY: Duration = Duration::from_secs(3_600);
/// A repetition is known by its identity. Vapi gives up within hours, and what
/// our own spool holds is drained within days.
const REPETITIONS_ARE_KNOWN_FOR: Duration = Duration::from_secs(7 * 86_400);

/// The worker: once an hour until it is stopped.
pub async fn sweep(app: App, stop: CancellationToken) -> anyhow::Result<()> {
    // Each batch is a transaction that ends by itself, so that a sweep can be
    // left anywhere.
    let sweeping = async {
        loop {
            sweep_once(&app).await?;
            app.clock.sleep(EVERY).await;
        }
    };
    stop.run_until_cancelled(sweeping).await.unwrap_or(Ok(()))
}

/// Removes all that is too old.
pub async fn sweep_once(app: &App) -> Result<()> {
    let kept = app.config.delivery.retention;
    let before = ago(app, kept);
    events::remove(app, before).await?;
    oldest::remove(app, oldest::ATTEMPTS, before).await?;
    oldest::remove(app, oldest::CALL_EVENTS, before).await?;
    calls::remove(app, before).await?;
    let known_before = ago(app, kept.min(REPETITIONS_ARE_KNOWN_FOR));
    oldest::remove(app, oldest::IDENTITIES, known_before).await?;
    oldest::remove(app, oldest::TOOL_CALLS, known_before).await?;
    oldest::remove(app, oldest::STATS, before).await?;
    oldest::remove(app, oldest::LANES, before).await?;
    oldest::remove(app, oldest::SUBSCRIPTIONS, before).await?;
    // The one time that is the database's own.
    let dead_since = app.db.now_millis().await? - millis_of(instances::REMEMBERED);
    oldest::remove(app, oldest::INSTANCES, dead_since).await
}

fn ago(app: &App, kept: Duration) -> Millis {
    app.clock.millis() - millis_of(kept)
}
