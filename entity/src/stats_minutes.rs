//! What a subscription was sent in one minute, and how soon it arrived.

use sea_orm::entity::prelude::*;

use crate::SubscriptionId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stats_minutes")]
pub struct Model {
    /// Its beginning.
    #[sea_orm(primary_key, auto_increment = false)]
    pub minute: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub subscription_id: SubscriptionId,
    /// Attempts that succeeded, and that did not.
    pub delivered: i32,
    pub failed: i32,
    pub within_5ms: i32,
    pub within_20ms: i32,
    pub within_100ms: i32,
    pub within_500ms: i32,
    pub within_2s: i32,
    pub within_10s: i32,
    pub within_60s: i32,
    pub slower: i32,
}

impl ActiveModelBehavior for ActiveModel {}
