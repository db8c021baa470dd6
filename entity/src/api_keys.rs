//! A key to the API: whose it is and what it allows, never the key itself.

use sea_orm::entity::prelude::*;

use crate::KeyId;

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Role {
    Admin,
    User,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: KeyId,
    pub name: String,
    pub owner: String,
    pub role: Role,
    /// SHA-256 of the key.
    #[sea_orm(unique)]
    pub digest: Vec<u8>,
    /// The key's last four characters.
    pub hint: String,
    pub created_at: i64,
    pub revoked_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
