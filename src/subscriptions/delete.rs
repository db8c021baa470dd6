//! Deleting a subscription.
//!
//! Nothing is sent from the commit on. What waits is dropped by and by, also
//! what comes late, and the row stays until retention takes it, so that what was delivered keeps an
//! owner; the tokens of others, in its headers, do not stay.

use entity::SubscriptionId;

use super::{permission::may_change, store};
use crate::{app::App, auth::Caller, error::Result, infra::db::Tx};

/// Whatever is queued, and whatever a recorder queues that did not know yet.
const EVERYTHING: i64 = i64::MAX;

pub async fn delete(tx: &Tx, app: &App, caller: &Caller, id: SubscriptionId) -> Result<()> {
    let now = app.clock.millis();
    let (mut row, mut lane) = store::lock(tx, &caller.scope(), id).await?;
    may_change(caller, &row)?;
    row.deleted_at = Some(now);
    row.updated_at = now;
    row.headers = None;
    (row.previous_secret, row.previous_until) = (None, None);
    lane.drop_before = Some(EVERYTHING);
    store::save(tx, row).await?;
    store::save_lane(tx, lane).await?;
    tracing::info!(subscription_id = %id, by = caller.owner(), "a subscription was deleted");
    Ok(())
}
