//! One number, raised by every change of a subscription.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subscriptions_epoch")]
pub struct Model {
    /// There is one row, and this is 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i16,
    pub epoch: i64,
}

impl ActiveModelBehavior for ActiveModel {}
