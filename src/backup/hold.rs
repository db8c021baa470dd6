//! What was to be called when the backup was made, and may have been since.
//!
//! Nobody but Vapi knows which calls were placed after the moment of a backup.
//! So a call whose time has come since is looked for there, as it is after a
//! crash in the middle of asking, and never asked for again; campaigns stand
//! still until somebody resumes them; schedules go on with their next run.

use entity::{
    campaigns::{self, CampaignState},
    placements::{self, PlacementState},
    schedules,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::Expr,
};

use crate::{
    error::{Error, Result},
    infra::{
        clock::Millis,
        db::{Db, Tx},
    },
    schedule,
};

/// How much it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Calls that Vapi is asked about before anything else.
    pub calls: u64,
    /// Campaigns that were running and are paused.
    pub campaigns: u64,
    /// Schedules that were due, and go on with the run after now.
    pub schedules: u64,
}

pub(super) async fn hold(db: &Db, now: Millis) -> anyhow::Result<Held> {
    let held = db.write(move |tx| async move {
        Ok(Held {
            calls: hold_calls(&tx, now).await?,
            campaigns: pause_campaigns(&tx, now).await?,
            schedules: skip_runs(&tx, now).await?,
        })
    });
    held.await.map_err(Error::into_cause)
}

async fn hold_calls(tx: &Tx, now: Millis) -> Result<u64> {
    use placements::Column;
    let held = placements::Entity::update_many()
        .col_expr(Column::State, Expr::value(PlacementState::Unconfirmed))
        .col_expr(Column::AskedAt, Expr::col(Column::DueAt))
        .filter(Column::State.eq(PlacementState::Waiting))
        .filter(Column::Queue.is_null())
        .filter(Column::DueAt.lte(now));
    Ok(held.exec(&**tx).await?.rows_affected)
}

async fn pause_campaigns(tx: &Tx, now: Millis) -> Result<u64> {
    use campaigns::Column;
    let paused = campaigns::Entity::update_many()
        .col_expr(Column::State, Expr::value(CampaignState::Paused))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::State.eq(CampaignState::Running));
    Ok(paused.exec(&**tx).await?.rows_affected)
}

async fn skip_runs(tx: &Tx, now: Millis) -> Result<u64> {
    let due = schedules::Entity::find().filter(schedules::Column::NextRunAt.lte(now));
    let due = due.all(&**tx).await?;
    let skipped = due.len() as u64;
    for row in due {
        let next = schedule::preview(&row, now)?.first().copied();
        let mut row = row.into_active_model();
        row.next_run_at = Set(next);
        row.update(&**tx).await?;
    }
    Ok(skipped)
}
