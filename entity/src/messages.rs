//! What was said in a call, a row a line.

use sea_orm::entity::prelude::*;

use crate::{CallId, MessageId, Sealed};

/// Who spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Role {
    User,
    Assistant,
    System,
    Tool,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "messages")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub position: i64,
    #[sea_orm(unique)]
    pub id: MessageId,
    pub call_id: CallId,
    pub role: Role,
    pub text: Sealed,
    /// A report has it.
    pub reported: bool,
    /// Vapi's own time of it.
    pub spoken_at: Option<i64>,
    /// Where the line stands in its call.
    pub ordered_at: i64,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
