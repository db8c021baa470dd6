//! All subscriptions in memory, by whom and what they want to hear.
//!
//! A snapshot never changes; a newer one takes its place. It is brought up to
//! date on the connection, and so in the transaction, of whoever asks: one
//! number tells whether anything changed, and only what did is read again.

mod wishing;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use entity::{
    SubscriptionId,
    subscriptions::{Column, Entity, SubscriptionScope},
    subscriptions_epoch as epoch,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, sea_query::Expr};

use self::wishing::Wishing;
use super::{Facts, Subscription};
use crate::{
    error::{Error, Result},
    events::Kind,
    infra::db::Tx,
};

const THE_ROW: i16 = 1;
/// The epoch, for who asks something else in the same breath.
pub const EPOCH: &str = "(SELECT epoch FROM subscriptions_epoch WHERE id = 1) AS epoch";

/// The way to the newest snapshot of this process.
#[derive(Clone, Debug, Default)]
pub struct Index(Arc<RwLock<Arc<Snapshot>>>);

/// All subscriptions as they were at one epoch.
#[derive(Debug, Default)]
pub struct Snapshot {
    epoch: i64,
    by_id: HashMap<SubscriptionId, Arc<Subscription>>,
    /// By what they ask for, and whose events: nobody in particular where everybody's.
    hearing: ByWish,
}

impl Index {
    /// As it was when it was last brought up to date.
    pub fn now(&self) -> Arc<Snapshot> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// As this connection sees it.
    pub async fn fresh(&self, conn: &impl ConnectionTrait) -> Result<Arc<Snapshot>> {
        self.at(current_epoch(conn).await?, conn).await
    }

    /// As it is at an epoch that was just read on this connection, or at a later one.
    pub async fn at(&self, epoch: i64, conn: &impl ConnectionTrait) -> Result<Arc<Snapshot>> {
        let known = self.now();
        if epoch <= known.epoch {
            return Ok(known);
        }
        let newer = Arc::new(known.brought_to(epoch, conn).await?);
        let mut newest = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if newer.epoch > newest.epoch {
            *newest = newer.clone();
        }
        Ok(newer)
    }
}

impl Snapshot {
    /// Those that hear an event; in one order, so that every process queues in it.
    pub fn hearing<'a>(
        &'a self,
        facts: &'a Facts<'a>,
    ) -> impl Iterator<Item = &'a Arc<Subscription>> {
        let of_all = self.hearing.get(&(facts.kind, None));
        let owner = facts
            .owner
            .map(|owner| (facts.kind, Some(owner.to_owned())));
        let of_owner = owner.and_then(|wanted| self.hearing.get(&wanted));
        [of_all, of_owner]
            .into_iter()
            .flatten()
            .flat_map(|wishing| wishing.hearing(facts))
    }

    /// Whether anybody may hear events of a kind that belong to this owner.
    pub fn is_asked_for(&self, kind: Kind, owner: Option<&str>) -> bool {
        let by = |owner: Option<&str>| self.hearing.contains_key(&(kind, owner.map(str::to_owned)));
        by(None) || owner.is_some() && by(owner)
    }

    pub fn get(&self, id: SubscriptionId) -> Option<&Arc<Subscription>> {
        self.by_id.get(&id)
    }

    /// All that are not deleted.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Subscription>> {
        self.by_id.values()
    }

    async fn brought_to(&self, epoch: i64, conn: &impl ConnectionTrait) -> Result<Self> {
        let changed = Entity::find()
            .filter(Column::Epoch.gt(self.epoch))
            .all(conn)
            .await?;
        let mut by_id = self.by_id.clone();
        for row in changed {
            match row.deleted_at {
                Some(_) => by_id.remove(&row.id),
                None => {
                    let changed = Subscription::of(row).map_err(Error::internal)?;
                    by_id.insert(changed.id, Arc::new(changed))
                }
            };
        }
        Ok(Self {
            epoch,
            hearing: hearing(&by_id),
            by_id,
        })
    }
}

type ByWish = HashMap<(Kind, Option<String>), Wishing>;

/// In the order of their ids, which so need no sorting when they hear.
fn hearing(all: &HashMap<SubscriptionId, Arc<Subscription>>) -> ByWish {
    let mut sorted: Vec<_> = all.values().collect();
    sorted.sort_unstable_by_key(|subscription| subscription.id);
    let mut hearing = ByWish::new();
    for subscription in sorted {
        let whose = match subscription.scope {
            SubscriptionScope::Own => Some(subscription.owner.clone()),
            SubscriptionScope::All => None,
        };
        for kind in &subscription.events {
            let wish = hearing.entry((*kind, whose.clone())).or_default();
            wish.add(subscription);
        }
    }
    hearing
}

async fn current_epoch(conn: &impl ConnectionTrait) -> Result<i64> {
    let row = epoch::Entity::find_by_id(THE_ROW).one(conn).await?;
    Ok(row.map_or(0, |row| row.epoch))
}

/// Raises the epoch for a change in this transaction. The row stays locked
/// until the commit, so whoever sees a number sees every change up to it.
pub async fn bump(tx: &Tx) -> Result<i64> {
    let raised = epoch::Entity::update_many()
        .col_expr(epoch::Column::Epoch, Expr::col(epoch::Column::Epoch).add(1))
        .filter(epoch::Column::Id.eq(THE_ROW))
        .exec_with_returning(&**tx)
        .await?;
    raised
        .first()
        .map(|row| row.epoch)
        .ok_or_else(|| Error::internal(anyhow::anyhow!("subscriptions_epoch has no row")))
}
