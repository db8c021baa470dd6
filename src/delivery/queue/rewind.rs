//! Old events that are queued once more. A lane's owner looks where it left off, so it is told to
//! look from the beginning: by the lane's own row, which it reads with every look, so that a wake
//! that is lost loses nothing.

use entity::{
    SubscriptionId,
    lanes::{Column, Entity},
};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, sea_query::Expr};

use crate::{error::Result, infra::db::Tx};

/// To be called by whoever holds the lane, in the transaction that queues them.
pub async fn rewind(tx: &Tx, lane: SubscriptionId) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Rewound, Expr::col(Column::Rewound).add(1))
        .filter(Column::SubscriptionId.eq(lane))
        .exec(&**tx)
        .await?;
    Ok(())
}
