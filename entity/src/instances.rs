//! A running process and how long it may be silent.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "instances")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub version: String,
    pub started_at: i64,
    /// By the database's clock, as no other time is.
    pub expires_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
