//! The first answer to a request that may be sent again.

use sea_orm::entity::prelude::*;

use crate::Sealed;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// SHA-256 of the caller, the path and the key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Vec<u8>,
    /// SHA-256 of the body: the same key with another one is a conflict.
    pub request_digest: Vec<u8>,
    pub status: i16,
    pub answer: Sealed,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
