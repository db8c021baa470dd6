//! What Vapi is asked about a call that it has stopped talking of.

use sea_orm::entity::prelude::*;

use crate::CallId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inquiries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub call_id: CallId,
    /// How often Vapi has answered and had nothing new.
    pub answers: i32,
    /// Nobody asks before this.
    pub due_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
