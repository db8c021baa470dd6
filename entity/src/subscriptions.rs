//! A subscription: who is told what, where, and how it is signed.

use sea_orm::entity::prelude::*;

use crate::{Sealed, SubscriptionId};

/// Whose events a subscription hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum SubscriptionScope {
    /// Its owner's.
    Own,
    /// Everybody's: an admin made it.
    All,
}

/// What later deliveries of a call wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Ordering {
    /// For the first try of those before them.
    Call,
    /// For the end of those before them, retries included.
    Strict,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subscriptions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SubscriptionId,
    pub owner: String,
    pub scope: SubscriptionScope,
    /// Normalised.
    pub url: String,
    pub description: Option<String>,
    /// A JSON array of names.
    pub events: String,
    /// A JSON object.
    pub filter: Option<String>,
    /// A JSON object.
    pub headers: Option<Sealed>,
    pub ordering: Ordering,
    pub max_in_flight: i32,
    pub rate_per_second: Option<i32>,
    pub secret: Sealed,
    pub previous_secret: Option<Sealed>,
    /// Until then the previous secret signs as well.
    pub previous_until: Option<i64>,
    /// What `subscriptions_epoch` became by its last change.
    pub epoch: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub deleted_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
