//! What is told to subscribers, in order.
//!
//! On PostgreSQL the table has one column more, `xid`, which only its tail reader asks for.

use sea_orm::entity::prelude::*;

use crate::calls::CallStatus;
use crate::{CallId, EventId, Sealed};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub position: i64,
    #[sea_orm(unique)]
    pub id: EventId,
    pub kind: String,
    pub owner: Option<String>,
    pub call_id: Option<CallId>,
    pub status: Option<CallStatus>,
    pub sequence: Option<i32>,
    /// The exact bytes that are signed and sent.
    pub payload: Sealed,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
