//! Placing calls while there is room, and calling off what nobody wants any more.

use entity::{
    CampaignId,
    campaigns::{CampaignState, Column, Entity, Model},
};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, sea_query::Expr};

use super::{Campaigns, Desk, store};
use crate::{
    auth::Scope,
    calls::queue,
    delivery::Handoff,
    error::{Code, Error, Result},
    infra::{clock::Millis, db::Tx},
    tally::pace,
};

const PLACED_PER_TRANSACTION: i32 = 100;
/// Each of them is told of.
const CALLED_OFF_PER_TRANSACTION: u64 = 50;

impl Campaigns {
    /// Does what there is to do now, and comes back when it is done.
    pub async fn place_due(&self) -> Result<()> {
        let _mine = self.0.round.lock().await;
        self.place_running().await?;
        for campaign in self.0.all_queued(CampaignState::Canceled).await? {
            // A list may be long, and the others are not to wait until all of it is called off.
            while !self.0.app.stopping.is_cancelled()
                && noted(campaign.id, self.call_off_some(&campaign).await)
                    .is_some_and(|off| off > 0)
            {
                self.place_running().await?;
            }
        }
        Ok(())
    }

    async fn place_running(&self) -> Result<()> {
        // Where calls cannot be placed, they wait for a process that can.
        if self.0.app.stopping.is_cancelled() || self.0.calls.assert_can_place().is_err() {
            return Ok(());
        }
        for campaign in self.0.all_queued(CampaignState::Running).await? {
            noted(campaign.id, self.place(campaign.id).await);
        }
        Ok(())
    }

    /// As many as there is room for.
    async fn place(&self, id: CampaignId) -> Result<()> {
        loop {
            let desk = self.0.clone();
            let write = &self.0.app.db;
            let placed = write.write(move |tx| async move { desk.place_some(&tx, id).await });
            let placed = placed.await?;
            if placed > 0 {
                self.0.calls.are_due();
            }
            if placed < PLACED_PER_TRANSACTION {
                return Ok(());
            }
        }
    }

    /// How many they were.
    async fn call_off_some(&self, campaign: &Model) -> Result<usize> {
        let (desk, queue) = (self.0.clone(), campaign.id.uuid());
        let off = self.0.app.db.write(move |tx| async move {
            let at_most = CALLED_OFF_PER_TRANSACTION;
            desk.calls.call_off(&tx, queue, at_most).await
        });
        let (how_many, handoff): (usize, Handoff) = off.await?;
        self.0.deliveries.take(handoff);
        Ok(how_many)
    }
}

impl Desk {
    pub(super) async fn all_queued(&self, state: CampaignState) -> Result<Vec<Model>> {
        let (read, everybody) = (self.app.db.read(), Scope::of_the_service());
        let mut all = Vec::new();
        loop {
            let after = all.last().map(|campaign: &Model| campaign.id);
            let some = store::queued(read, &everybody, state, after).await?;
            if some.is_empty() {
                return Ok(all);
            }
            all.extend(some);
        }
    }

    /// Takes calls out of the queue and counts them as active, under the campaign's lock.
    async fn place_some(&self, tx: &Tx, id: CampaignId) -> Result<i32> {
        let now = self.app.clock.millis();
        let campaign = store::hold(&**tx, &Scope::of_the_service(), id).await?;
        let room = Ord::min(pace::room(&campaign, now), PLACED_PER_TRANSACTION);
        if campaign.state != CampaignState::Running || room == 0 {
            return Ok(0);
        }
        let at_most = u64::from(room.unsigned_abs());
        let placed = queue::let_go(tx, id.uuid(), at_most, now).await?;
        let placed = i32::try_from(placed).map_err(Error::internal)?;
        if placed > 0 {
            count_active(tx, &campaign, placed, now).await?;
        }
        Ok(placed)
    }
}

/// The row itself has the last word: where there is no room, none of it has happened.
async fn count_active(tx: &Tx, campaign: &Model, placed: i32, now: Millis) -> Result<()> {
    let pace = pace::onward(campaign, campaign.active + placed, now);
    let active = Expr::col(Column::Active).add(placed);
    let counted = Entity::update_many()
        .col_expr(Column::Active, active.clone())
        .col_expr(Column::Queued, Expr::col(Column::Queued).sub(placed))
        .col_expr(Column::Pace, Expr::value(pace.map(|pace| pace.at_once)))
        .col_expr(Column::PaceUntil, Expr::value(pace.map(|pace| pace.until)))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(campaign.id))
        .filter(Column::State.eq(CampaignState::Running))
        .filter(active.lte(Expr::col(Column::MaxConcurrency)))
        .exec(&**tx)
        .await?;
    match counted.rows_affected {
        1 => Ok(()),
        _ => Err(Error::new(
            Code::Conflict,
            "There is no room in the campaign.",
        )),
    }
}

/// What is wrong with one campaign keeps no other from going on.
fn noted<T>(campaign: CampaignId, done: Result<T>) -> Option<T> {
    let failed = |error: &Error| {
        let why = error.source_chain().unwrap_or_else(|| error.to_string());
        tracing::error!(campaign_id = %campaign, why, "a campaign could not go on");
    };
    done.inspect_err(failed).ok()
}
