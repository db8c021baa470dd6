//! The immutable log of what Vapi said about calls.

use sea_orm::entity::prelude::*;

use crate::calls::CallStatus;
use crate::{CallId, EventId, Sealed};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call_events")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub position: i64,
    #[sea_orm(unique)]
    pub id: EventId,
    pub call_id: Option<CallId>,
    pub r#type: String,
    pub status: Option<CallStatus>,
    /// False where the event came too late to change the call's status.
    pub applied: bool,
    /// The address at which it came in.
    pub source: String,
    pub payload: Sealed,
    /// Vapi's own timestamp.
    pub occurred_at: Option<i64>,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
