//! The immutable log of what Vapi said of a call.

pub mod wire;

/// Whose log it is.
pub use crate::contact::named::find;

use entity::{CallId, call_events, calls::Model};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    contact::logged,
    error::Result,
    infra::{seal::Seal, walk::Walk},
};

/// Something that Vapi said, its payload opened. Vapi's own secrets were taken
/// out of it before it was kept.
#[derive(Debug)]
pub struct Heard {
    pub row: call_events::Model,
    pub payload: Vec<u8>,
}

/// A page of a call's log, oldest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    seal: &Seal,
    call: &Model,
    walk: &Walk<i64>,
) -> Result<(Vec<Heard>, Option<String>)> {
    let after = walk.after.unwrap_or(0);
    let mut heard = read(conn, seal, call.id, after, walk.rows_to_read()).await?;
    let next = walk.cut(&mut heard, |heard| heard.row.position)?;
    Ok((heard, next))
}

pub(super) async fn read(
    conn: &impl ConnectionTrait,
    seal: &Seal,
    call: CallId,
    after: i64,
    rows: usize,
) -> Result<Vec<Heard>> {
    let rows = call_events::Entity::find()
        .filter(call_events::Column::CallId.eq(call))
        .filter(call_events::Column::Position.gt(after))
        .order_by_asc(call_events::Column::Position)
        .limit(rows as u64)
        .all(conn)
        .await?;
    let open = |row: call_events::Model| {
        let payload = logged::open(seal, &row)?;
        Ok(Heard { row, payload })
    };
    rows.into_iter().map(open).collect()
}
