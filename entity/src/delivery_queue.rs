//! A delivery that is still to be made.

use sea_orm::entity::prelude::*;

use crate::{CallId, DeliveryId, EventId, SubscriptionId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_queue")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeliveryId,
    pub subscription_id: SubscriptionId,
    pub event_id: EventId,
    pub call_id: Option<CallId>,
    /// The event's.
    pub position: i64,
    /// How many were made.
    pub attempt: i16,
    pub due_at: i64,
    pub replay: bool,
    pub created_at: i64,
    /// How much of the retry schedule is used.
    pub steps: i32,
    /// Its time was named by the receiver.
    pub asked_to_wait: bool,
}

impl ActiveModelBehavior for ActiveModel {}
