//! Forgetting what nobody asks for any more: campaigns that were over long ago, and lists of calls
//! whose request has died on the way.

use std::time::Duration;

use entity::campaigns::{CampaignState, Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio_util::sync::CancellationToken;

use super::Campaigns;
use crate::{calls::queue, error::Result, infra::clock::millis_of};

const EVERY: Duration = Duration::from_secs(3_600);
/// No request takes so long.
const LISTS_ARE_WRITTEN_WITHIN: Duration = Duration::from_secs(3_600);
const ROWS_PER_TRANSACTION: u64 = 1_000;

/// The worker: once an hour until it is stopped.
pub async fn sweep(campaigns: Campaigns, stop: CancellationToken) -> anyhow::Result<()> {
    let clock = campaigns.0.app.clock.clone();
    loop {
        sweep_once(&campaigns).await?;
        let slept = stop.run_until_cancelled(clock.sleep(EVERY)).await;
        if slept.is_none() {
            return Ok(());
        }
    }
}

/// Forgets all that is to be forgotten.
pub async fn sweep_once(campaigns: &Campaigns) -> Result<()> {
    let app = &campaigns.0.app;
    let before = app.clock.millis() - millis_of(LISTS_ARE_WRITTEN_WITHIN);
    while let Some(queue) = queue::abandoned(app.db.read(), before).await? {
        tracing::warn!(%queue, "a list of calls was never finished, and is forgotten");
        campaigns.0.forget(queue).await?;
    }
    while forget_some(campaigns).await? == ROWS_PER_TRANSACTION {}
    Ok(())
}

async fn forget_some(campaigns: &Campaigns) -> Result<u64> {
    let app = &campaigns.0.app;
    let too_old = app.clock.millis() - millis_of(app.config.delivery.retention);
    app.db
        .write(move |tx| async move {
            let over = [CampaignState::Completed, CampaignState::Canceled];
            let old: Vec<entity::CampaignId> = Entity::find()
                .select_only()
                .column(Column::Id)
                .filter(Column::State.is_in(over))
                .filter(Column::UpdatedAt.lte(too_old))
                .filter(Column::Queued.eq(0))
                .filter(Column::Active.eq(0))
                .order_by_asc(Column::Id)
                .limit(ROWS_PER_TRANSACTION)
                .into_tuple()
                .all(&*tx)
                .await?;
            let forgotten = Entity::delete_many()
                .filter(Column::Id.is_in(old))
                .exec(&*tx)
                .await?;
            Ok(forgotten.rows_affected)
        })
        .await
}
