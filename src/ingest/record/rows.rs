//! What a batch writes, each table at once.

use entity::{call_events, calls};
use sea_orm::{ActiveModelTrait, IntoActiveModel, Iterable};

use crate::{
    delivery::{Deliveries, Handoff},
    error::Result,
    events::Told,
    infra::db::{Tx, rows::Rows},
};

/// What a batch adds to the logs, and tells.
#[derive(Default)]
pub(super) struct Added {
    pub call_events: Vec<call_events::ActiveModel>,
    pub told: Vec<Told>,
}

impl Added {
    pub async fn write(self, tx: &Tx, deliveries: &Deliveries) -> Result<Handoff> {
        write_log(tx, self.call_events).await?;
        deliveries.tell(tx, self.told).await
    }
}

/// Adds to what was ever said of calls.
pub(super) async fn write_log(tx: &Tx, rows: Vec<call_events::ActiveModel>) -> Result<()> {
    Ok(Rows::new(rows).add_soon(tx).await?)
}

/// Writes calls as they are now, be they new or known.
pub(super) async fn write_calls(tx: &Tx, rows: Vec<calls::Model>) -> Result<()> {
    let all_but_id = calls::Column::iter().filter(|column| !matches!(column, calls::Column::Id));
    Rows::new(
        rows.into_iter()
            .map(|row| row.into_active_model().reset_all()),
    )
    .replacing(calls::Column::Id, all_but_id)
    .add_soon(tx)
    .await?;
    Ok(())
}
