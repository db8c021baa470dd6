//! Somebody who is logged in to the dashboard.

use sea_orm::entity::prelude::*;

use crate::Sealed;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dashboard_sessions")]
pub struct Model {
    /// SHA-256 of the token that the cookie holds.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Vec<u8>,
    /// What they were recognised by.
    pub credential: Sealed,
    pub created_at: i64,
    pub expires_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
