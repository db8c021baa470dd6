//! A subscription's lane: who sends on it, and how its receiver is.

use sea_orm::entity::prelude::*;

use crate::{DeliveryId, SubscriptionId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum LaneState {
    Healthy,
    Failing,
    Paused,
    Deactivated,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lanes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub subscription_id: SubscriptionId,
    /// The instance that sends, and since when.
    pub owner: Option<Uuid>,
    pub owned_at: Option<i64>,
    pub state: LaneState,
    pub consecutive_failures: i32,
    /// How many probes failed since the breaker opened.
    pub probes: i32,
    pub next_probe_at: Option<i64>,
    /// The delivery that somebody has asked for: that is what is sent then.
    pub next_probe_id: Option<DeliveryId>,
    pub delivered_total: i64,
    pub failed_total: i64,
    pub last_success_at: Option<i64>,
    pub last_failure_at: Option<i64>,
    pub last_error: Option<String>,
    pub deactivated_at: Option<i64>,
    pub deactivated_reason: Option<String>,
    /// While set, nothing is sent: what was queued until then is being dropped.
    pub drop_before: Option<i64>,
    /// How often something old was queued once more.
    pub rewound: i64,
}

impl ActiveModelBehavior for ActiveModel {}
