//! What each subscription was sent, minute by minute.

use std::{collections::BTreeMap, time::Duration};

use entity::{
    SubscriptionId,
    stats_minutes::{Column, Model},
};
use sea_orm::{ActiveModelTrait, IntoActiveModel};

use crate::{
    delivery::send::Attempted,
    error::Result,
    infra::{
        clock::Millis,
        db::{Tx, rows::Rows},
    },
    subscriptions::health::Did,
};

const MINUTE: Millis = 60_000;

/// Everything that is counted.
const COUNTS: [Column; 10] = [
    Column::Delivered,
    Column::Failed,
    Column::Within5ms,
    Column::Within20ms,
    Column::Within100ms,
    Column::Within500ms,
    Column::Within2s,
    Column::Within10s,
    Column::Within60s,
    Column::Slower,
];

/// In the order of their keys, so that two writers do not wait in a ring.
#[derive(Default)]
pub(super) struct Stats(BTreeMap<(Millis, SubscriptionId), Model>);

impl Stats {
    pub fn count(&mut self, subscription: SubscriptionId, attempted: &Attempted) {
        let minute = attempted.ended_at - attempted.ended_at.rem_euclid(MINUTE);
        let key = (minute, subscription);
        let row = self.0.entry(key).or_insert_with(|| empty(key));
        if attempted.did == Did::Take {
            row.delivered += 1;
            *arrived(row, attempted.arrived_after) += 1;
        } else {
            row.failed += 1;
        }
    }

    pub async fn write(self, tx: &Tx) -> Result<()> {
        let rows = self.0.into_values();
        Rows::new(rows.map(|row| row.into_active_model().reset_all()))
            .adding_to(
                &[Column::Minute, Column::SubscriptionId],
                COUNTS.into_iter(),
            )
            .add_soon(tx)
            .await?;
        Ok(())
    }
}

fn empty((minute, subscription_id): (Millis, SubscriptionId)) -> Model {
    Model {
        minute,
        subscription_id,
        delivered: 0,
        failed: 0,
        within_5ms: 0,
        within_20ms: 0,
        within_100ms: 0,
        within_500ms: 0,
        within_2s: 0,
        within_10s: 0,
        within_60s: 0,
        slower: 0,
    }
}

fn arrived(row: &mut Model, after: Duration) -> &mut i32 {
    match after.as_millis() {
        0..=5 => &mut row.within_5ms,
        6..=20 => &mut row.within_20ms,
        21..=100 => &mut row.within_100ms,
        101..=500 => &mut row.within_500ms,
        501..=2_000 => &mut row.within_2s,
        2_001..=10_000 => &mut row.within_10s,
        10_001..=60_000 => &mut row.within_60s,
        _ => &mut row.slower,
    }
}
