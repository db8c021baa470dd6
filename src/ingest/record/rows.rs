//! What a batch writes, each table in one statement.

use entity::{call_events, calls};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Iterable, sea_query::OnConflict};

use crate::{
    delivery::{Deliveries, Handoff},
    error::Result,
    events::Told,
    infra::db::Tx,
};

/// A `calls` row has 28 columns, and SQLite takes 32,766 values a statement.
const CALLS_PER_STATEMENT: usize = 1_000;

/// What a batch adds to the logs, and tells.
#[derive(Default)]
pub(super) struct Rows {
    pub call_events: Vec<call_events::ActiveModel>,
    pub told: Vec<Told>,
}

impl Rows {
    pub async fn write(self, tx: &Tx, deliveries: &Deliveries) -> Result<Handoff> {
        if !self.call_events.is_empty() {
            call_events::Entity::insert_many(self.call_events)
                .exec_without_returning(&**tx)
                .await?;
        }
        deliveries.tell(tx, self.told).await
    }
}

/// Writes calls as they are now, be they new or known.
pub(super) async fn write_calls(tx: &Tx, rows: Vec<calls::Model>) -> Result<()> {
    let all_but_id = calls::Column::iter().filter(|column| !matches!(column, calls::Column::Id));
    let replace = OnConflict::column(calls::Column::Id)
        .update_columns(all_but_id)
        .to_owned();
    for some in rows.chunks(CALLS_PER_STATEMENT) {
        let some = some
            .iter()
            .cloned()
            .map(|row| row.into_active_model().reset_all());
        calls::Entity::insert_many(some)
            .on_conflict(replace.clone())
            .exec_without_returning(&**tx)
            .await?;
    }
    Ok(())
}
