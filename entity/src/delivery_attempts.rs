//! An attempt at a delivery, or the end of one that was dropped without any.

use sea_orm::entity::prelude::*;

use crate::{CallId, DeliveryId, EventId, Sealed, SubscriptionId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_attempts")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub delivery_id: DeliveryId,
    pub subscription_id: SubscriptionId,
    pub event_id: EventId,
    pub call_id: Option<CallId>,
    /// The event's.
    pub kind: String,
    pub attempt: Option<i16>,
    pub outcome: String,
    pub status_code: Option<i16>,
    pub duration_ms: Option<i32>,
    /// Where that time went; none for what did not happen.
    pub dns_us: Option<i32>,
    pub connect_us: Option<i32>,
    pub tls_us: Option<i32>,
    pub first_byte_us: Option<i32>,
    pub error: Option<String>,
    /// An excerpt, sealed under the delivery's id.
    pub response: Option<Sealed>,
    /// Whether the delivery ended here.
    pub r#final: bool,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
