//! Forgetting old runs, a bounded number at a time.

use std::time::Duration;

use entity::schedule_runs::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{app::App, error::Result, infra::clock::millis_of};

const EVERY: Duration = Duration::from_secs(3_600);
const ROWS_PER_TRANSACTION: u64 = 1_000;

/// The worker: once an hour until it is stopped.
pub async fn sweep(app: App, stop: CancellationToken) -> anyhow::Result<()> {
    loop {
        sweep_once(&app).await?;
        if stop
            .run_until_cancelled(app.clock.sleep(EVERY))
            .await
            .is_none()
        {
            return Ok(());
        }
    }
}

/// Forgets all that is older than history is kept.
pub async fn sweep_once(app: &App) -> Result<()> {
    while forget_some(app).await? == ROWS_PER_TRANSACTION {}
    Ok(())
}

async fn forget_some(app: &App) -> Result<u64> {
    let too_old = app.clock.millis() - millis_of(app.config.delivery.retention);
    app.db
        .write(move |tx| async move {
            let old: Vec<Uuid> = Entity::find()
                .select_only()
                .column(Column::Id)
                .filter(Column::CreatedAt.lte(too_old))
                .order_by_asc(Column::CreatedAt)
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
