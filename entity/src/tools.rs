//! A tool: where an assistant's question goes, and how it is signed.

use sea_orm::entity::prelude::*;

use crate::{Sealed, ToolId};

/// Whose calls a tool serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum ToolScope {
    /// Its owner's.
    Own,
    /// Everybody's: an admin made it.
    All,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tools")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ToolId,
    /// Unique for its owner.
    pub name: String,
    pub owner: String,
    pub scope: ToolScope,
    pub url: String,
    pub timeout_ms: i32,
    /// A JSON Schema, as text.
    pub parameters: String,
    /// What calls of it are signed with.
    pub secret: Sealed,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
