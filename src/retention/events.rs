//! Old events, and what of them still waits: held for a receiver that has been
//! away for as long as anything is kept.
//!
//! Only the beginning of the log goes, so whatever stands in a lane before its
//! last event goes with it. The lanes are gone through one by one, each by its
//! two indexes, as the queue as a whole has none that would do.

use entity::{
    DeliveryId,
    delivery_queue::{self as queue, Column as Queued},
    events::{Column, Entity},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};

use super::batch::{Left, ROWS_MAX, count, until_nothing_is_left};
use crate::{
    app::App,
    error::Result,
    infra::{clock::Millis, db::Tx},
};

/// The lanes first, whatever a planner thinks.
const WAITING: [&str; 2] = [
    "SELECT q.id AS id FROM lanes AS l CROSS JOIN delivery_queue AS q \
     WHERE q.subscription_id = l.subscription_id AND q.attempt = 0 AND q.position <= $1 LIMIT {rows}",
    "SELECT q.id AS id FROM lanes AS l CROSS JOIN delivery_queue AS q \
     WHERE q.subscription_id = l.subscription_id AND q.attempt > 0 AND q.position <= $1 LIMIT {rows}",
];

/// Removes the events that were told before then.
pub async fn remove(app: &App, before: Millis) -> Result<()> {
    until_nothing_is_left(app, move |tx| remove_some(tx, before)).await
}

async fn remove_some(tx: Tx, before: Millis) -> Result<Left> {
    let oldest: Vec<(i64, Millis)> = Entity::find()
        .select_only()
        .columns([Column::Position, Column::CreatedAt])
        .order_by_asc(Column::Position)
        .limit(ROWS_MAX as u64)
        .into_tuple()
        .all(&*tx)
        .await?;
    let old = oldest.iter().take_while(|(_, at)| *at < before);
    let Some(last) = old.last().map(|(position, _)| *position) else {
        return Ok(Left::Nothing);
    };
    // Their events stay until all that waits of them is gone.
    if remove_waiting(&tx, last).await? == Left::More {
        return Ok(Left::More);
    }
    let removed = Entity::delete_many()
        .filter(Column::Position.lte(last))
        .exec(&*tx)
        .await?;
    count("events", removed.rows_affected);
    Ok(Left::More)
}

async fn remove_waiting(tx: &Tx, last: i64) -> Result<Left> {
    for sql in WAITING {
        let sql = sql.replace("{rows}", &ROWS_MAX.to_string());
        let ask = Statement::from_sql_and_values(tx.get_database_backend(), sql, [last.into()]);
        let rows = tx.query_all_raw(ask).await?;
        let ids = rows.iter().map(|row| row.try_get("", "id"));
        let ids: Vec<DeliveryId> = ids.collect::<std::result::Result<_, _>>()?;
        let is_full = ids.len() == ROWS_MAX;
        let removed = queue::Entity::delete_many()
            .filter(Queued::Id.is_in(ids))
            .exec(&**tx)
            .await?;
        count("delivery_queue", removed.rows_affected);
        if is_full {
            return Ok(Left::More);
        }
    }
    Ok(Left::Nothing)
}
