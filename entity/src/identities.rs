//! What makes an event that was recorded known again.

use sea_orm::entity::prelude::*;

use crate::{CallId, EventId, Sealed};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    pub call_id: Option<CallId>,
    /// The row of `call_events` that was recorded under this identity.
    pub event_id: Option<EventId>,
    /// What a tool call was answered.
    pub answer: Option<Sealed>,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
