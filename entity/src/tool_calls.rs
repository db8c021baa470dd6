//! A tool call: written before the tool is asked, and again with its answer.

use sea_orm::entity::prelude::*;

use crate::Sealed;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tool_calls")]
pub struct Model {
    /// SHA-256 of what makes the tool call known again.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    /// Who asks.
    pub instance: Uuid,
    pub answer: Option<Sealed>,
    pub created_at: i64,
    pub finished_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
