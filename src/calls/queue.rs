//! Calls that wait for their turn, in the queue of a campaign.
//!
//! A queue is an id in the placements that stand in it. Many calls are written into a queue of
//! their own, some at a time, and then go over into the campaign's all at once: nobody sees half of
//! a list, and no transaction is long. A call whose turn has come leaves its queue and is due, and
//! from there on is a call like any other.

use entity::{
    CallId, CampaignId, calls,
    placements::{self, Column, Entity},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, LockBehavior, LockType},
};
use uuid::Uuid;

use super::{
    Calls, NewCall, enter,
    refusal::canceled,
    settle::{CANCELED_BY_A_PERSON, hold},
};
use crate::{
    delivery::Handoff,
    error::Result,
    infra::{clock::Millis, db::Tx},
};

/// Calls that are about to be written down.
pub struct Prepared(Vec<(calls::Model, placements::Model)>);

impl Calls {
    /// Seals what calls of a campaign are made of, which takes longer than writing them does.
    pub fn prepare(
        &self,
        owner: &str,
        campaign: CampaignId,
        queue: Uuid,
        new: Vec<NewCall>,
    ) -> Result<Prepared> {
        let rows = new.into_iter().map(|mut new| {
            new.campaign_id = Some(campaign);
            let (call, mut placement) = enter::rows(&self.0, owner, &new)?;
            placement.queue = Some(queue);
            Ok((call, placement))
        });
        Ok(Prepared(rows.collect::<Result<_>>()?))
    }

    /// Whether there is a way to Vapi here.
    pub fn assert_can_place(&self) -> Result<()> {
        self.0.vapi().map(|_| ())
    }

    /// Some calls have become due.
    pub fn are_due(&self) {
        self.0.changed.notify_waiters();
    }

    /// Ends some of those that wait, and that nobody wants any more; how many they were.
    pub async fn call_off(&self, tx: &Tx, queue: Uuid, at_most: u64) -> Result<(usize, Handoff)> {
        let mut all = Handoff::default();
        let waiting = standing(&**tx, queue, at_most).await?;
        for call in &waiting {
            if let Some(held) = hold(tx, *call).await? {
                let end = canceled(CANCELED_BY_A_PERSON);
                all.extend(self.0.end(tx, held, &end).await?);
            }
        }
        Ok((waiting.len(), all))
    }
}

/// Writes calls into the queue that they were prepared for.
pub async fn write(tx: &Tx, prepared: Prepared) -> Result<()> {
    let (calls, placements): (Vec<_>, Vec<_>) = prepared.0.into_iter().unzip();
    if calls.is_empty() {
        return Ok(());
    }
    let calls = calls.into_iter().map(IntoActiveModel::into_active_model);
    calls::Entity::insert_many(calls)
        .exec_without_returning(&**tx)
        .await?;
    let placements = placements
        .into_iter()
        .map(IntoActiveModel::into_active_model);
    Entity::insert_many(placements)
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

/// All that stands in one queue stands in the other from now on; how many they are.
pub async fn move_over(tx: &Tx, from: Uuid, to: CampaignId) -> Result<u64> {
    let moved = Entity::update_many()
        .col_expr(Column::Queue, Expr::value(to.uuid()))
        .filter(Column::Queue.eq(from))
        .exec(&**tx)
        .await?;
    Ok(moved.rows_affected)
}

/// The first of those whose time has come leave their queue and are due; how many they are.
pub async fn let_go(tx: &Tx, queue: Uuid, at_most: u64, now: Millis) -> Result<u64> {
    let first: Vec<CallId> = Entity::find()
        .select_only()
        .column(Column::CallId)
        .filter(Column::Queue.eq(queue))
        .filter(Column::DueAt.lte(now))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::CallId)
        .limit(at_most)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple()
        .all(&**tx)
        .await?;
    if first.is_empty() {
        return Ok(0);
    }
    let gone = Entity::update_many()
        .col_expr(Column::Queue, Expr::value(None::<Uuid>))
        .col_expr(Column::DueAt, Expr::value(now))
        .filter(Column::CallId.is_in(first))
        .exec(&**tx)
        .await?;
    Ok(gone.rows_affected)
}

/// When the time of the next one comes.
pub async fn next_due(conn: &impl ConnectionTrait, queue: Uuid) -> Result<Option<Millis>> {
    let next: Option<Millis> = Entity::find()
        .select_only()
        .column(Column::DueAt)
        .filter(Column::Queue.eq(queue))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::CallId)
        .limit(1)
        .into_tuple()
        .one(conn)
        .await?;
    Ok(next)
}

/// Queues that are older than this and no campaign's: their lists were never finished.
pub async fn abandoned(conn: &impl ConnectionTrait, before: Millis) -> Result<Option<Uuid>> {
    let campaigns = entity::campaigns::Entity::find()
        .select_only()
        .column(entity::campaigns::Column::Id);
    let left = Entity::find()
        .select_only()
        .column(Column::Queue)
        .filter(Column::Queue.is_not_null())
        .filter(Column::CreatedAt.lt(before))
        .filter(Column::Queue.not_in_subquery(campaigns.into_query()))
        .limit(1)
        .into_tuple::<Option<Uuid>>();
    Ok(left.one(conn).await?.flatten())
}

/// Forgets some of the calls of a queue, of which nobody was told; how many they were.
pub async fn forget(tx: &Tx, queue: Uuid, at_most: u64) -> Result<usize> {
    let standing = standing(&**tx, queue, at_most).await?;
    calls::Entity::find()
        .select_only()
        .column(calls::Column::Id)
        .filter(calls::Column::Id.is_in(standing.iter().copied()))
        .order_by_asc(calls::Column::Id)
        .lock_exclusive()
        .into_tuple::<CallId>()
        .all(&**tx)
        .await?;
    let gone = Entity::delete_many()
        .filter(Column::CallId.is_in(standing))
        .filter(Column::Queue.eq(queue))
        .exec_with_returning(&**tx)
        .await?;
    calls::Entity::delete_many()
        .filter(calls::Column::Id.is_in(gone.iter().map(|row| row.call_id)))
        .exec(&**tx)
        .await?;
    Ok(gone.len())
}

/// In the order of their ids, in which calls are locked.
async fn standing(conn: &impl ConnectionTrait, queue: Uuid, at_most: u64) -> Result<Vec<CallId>> {
    let mut first: Vec<CallId> = Entity::find()
        .select_only()
        .column(Column::CallId)
        .filter(Column::Queue.eq(queue))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::CallId)
        .limit(at_most)
        .into_tuple()
        .all(conn)
        .await?;
    first.sort_unstable();
    Ok(first)
}
