//! Telling everything of one call again, to whoever hears it now.
//!
//! The events are the same ones, ids and sequences included, so a receiver
//! that knows what it has seen sees nothing twice. What still waits for a
//! subscription is on its way already, and is left alone.

use std::collections::BTreeMap;

use entity::{
    CallId, SubscriptionId,
    events::{Column, Entity, Model},
    lanes,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::again::{Repeat, enqueue, waiting};
use crate::{
    app::App,
    delivery::{Deliveries, explain::facts},
    error::Result,
    events::Remembered,
    infra::{clock::Millis, db::Tx, seal::Seal},
    subscriptions::Snapshot,
};

const EVENTS_PER_TRANSACTION: u64 = 100;

/// What was told again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retold {
    pub events: usize,
    pub deliveries: usize,
}

/// Tells a call's events again, oldest first.
pub async fn retell(app: &App, deliveries: &Deliveries, call: CallId) -> Result<Retold> {
    let mut told = Retold::default();
    let mut after = Some(0);
    while let Some(position) = after {
        let (seal, now, index) = (
            app.seal.clone(),
            app.clock.millis(),
            deliveries.subscriptions().clone(),
        );
        let some = app.db.write(move |tx| async move {
            let hearing = index.fresh(&*tx).await?;
            retell_some(&tx, &seal, &hearing, (call, position), now).await
        });
        let some = some.await?;
        told.events += some.events;
        told.deliveries += some.deliveries;
        after = some.next;
        for subscription in some.subscriptions {
            deliveries.wake(subscription);
        }
    }
    Ok(told)
}

/// What one transaction told.
struct Part {
    events: usize,
    deliveries: usize,
    subscriptions: Vec<SubscriptionId>,
    /// After which event the next one begins.
    next: Option<i64>,
}

async fn retell_some(
    tx: &Tx,
    seal: &Seal,
    hearing: &Snapshot,
    (call, after): (CallId, i64),
    now: Millis,
) -> Result<Part> {
    let rows = Entity::find()
        .filter(Column::CallId.eq(call))
        .filter(Column::Position.gt(after))
        .order_by_asc(Column::Position)
        .limit(EVENTS_PER_TRANSACTION)
        .all(&**tx)
        .await?;
    let told = by_subscription(seal, hearing, &rows)?;
    let subscriptions: Vec<_> = told.keys().copied().collect();
    lock_lanes(tx, &subscriptions).await?;
    let mut deliveries = 0;
    for (subscription, mut repeats) in told {
        let waiting = waiting(&**tx, subscription, &repeats).await?;
        repeats.retain(|repeat| !waiting.contains(&repeat.id));
        deliveries += repeats.len();
        enqueue(tx, subscription, &repeats, now).await?;
    }
    let is_last = (rows.len() as u64) < EVENTS_PER_TRANSACTION;
    Ok(Part {
        events: rows.len(),
        deliveries,
        subscriptions,
        next: rows.last().filter(|_| !is_last).map(|row| row.position),
    })
}

/// Who hears what, in the order in which lanes are locked.
fn by_subscription(
    seal: &Seal,
    hearing: &Snapshot,
    rows: &[Model],
) -> Result<BTreeMap<SubscriptionId, Vec<Repeat>>> {
    let mut told: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows {
        let remembered = Remembered::of(seal, row)?;
        for subscription in hearing.hearing(&facts(&remembered)) {
            told.entry(subscription.id).or_default().push(Repeat {
                id: row.id,
                position: row.position,
                call_id: row.call_id,
            });
        }
    }
    Ok(told)
}

/// Two who tell the same again at once then do it one after the other, and the
/// second finds what the first has queued.
async fn lock_lanes(tx: &Tx, subscriptions: &[SubscriptionId]) -> Result<()> {
    lanes::Entity::find()
        .filter(lanes::Column::SubscriptionId.is_in(subscriptions.iter().copied()))
        .order_by_asc(lanes::Column::SubscriptionId)
        .lock_exclusive()
        .all(&**tx)
        .await?;
    Ok(())
}
