//! Writing counts down, and finding out what that comes to.

use std::time::Duration;

use entity::{
    CallId, CampaignId,
    campaigns::{Column, Entity, Model},
    placements,
};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, sea_query::Expr};

use super::{
    change::{Change, Tally},
    news, pace,
};
use crate::{
    error::Result,
    events::Told,
    infra::{clock::Millis, db::Tx},
};

impl Change {
    /// Adds it to a campaign's counts, which come back as they are then; nothing where there is no
    /// such campaign. The row stays locked.
    pub async fn count(&self, tx: &Tx, campaign: CampaignId, now: Millis) -> Result<Option<Model>> {
        let more = |column: Column, by: i32| (column, Expr::col(column).add(by));
        let mut update = Entity::update_many().filter(Column::Id.eq(campaign));
        for (column, sum) in [
            more(Column::Total, self.total),
            more(Column::Queued, self.queued),
            more(Column::Active, self.active),
            more(Column::Completed, self.completed),
            more(Column::Failed, self.failed),
            more(Column::Canceled, self.canceled),
            more(Column::Timed, self.timed),
        ] {
            update = update.col_expr(column, sum);
        }
        let took = Expr::col(Column::TookMillis).add(self.took_millis);
        let counted = update
            .col_expr(Column::TookMillis, took)
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .exec_with_returning(&**tx)
            .await?;
        Ok(counted.into_iter().next())
    }
}

/// There was no line for one call more than are active: so many at a time, for a while.
pub async fn slow_down(
    tx: &Tx,
    campaign: &Model,
    retry_after: Duration,
    now: Millis,
) -> Result<()> {
    let pace = pace::slower(campaign.active, retry_after, now);
    Entity::update_many()
        .col_expr(Column::Pace, Expr::value(pace.at_once))
        .col_expr(Column::PaceUntil, Expr::value(pace.until))
        .filter(Column::Id.eq(campaign.id))
        .exec(&**tx)
        .await?;
    Ok(())
}

impl Tally {
    /// Counts what has ended, and gives back what is to be told of it.
    pub async fn count(self, tx: &Tx, now: Millis) -> Result<Vec<Told>> {
        let mut told = Vec::new();
        for (campaign, change) in self.by_campaign() {
            if let Some(row) = change.count(tx, campaign, now).await? {
                told.extend(news::after_an_end(tx, row, now).await?);
            }
        }
        Ok(told)
    }

    /// The same for calls of which Vapi has told. One that went back into its queue, for Vapi had
    /// said that there was no line for it, is there no more.
    pub async fn count_out(mut self, tx: &Tx, now: Millis) -> Result<Vec<Told>> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        for call in self.take_out_of_queues(tx).await? {
            if let Some((_, change)) = self.ended.get_mut(&call) {
                change.active += 1;
                change.queued -= 1;
            }
        }
        self.count(tx, now).await
    }

    async fn take_out_of_queues(&self, tx: &Tx) -> Result<Vec<CallId>> {
        let left = placements::Entity::delete_many()
            .filter(placements::Column::CallId.is_in(self.ended.keys().copied()))
            .filter(placements::Column::Queue.is_not_null())
            .exec_with_returning(&**tx)
            .await?;
        Ok(left.into_iter().map(|row| row.call_id).collect())
    }
}
