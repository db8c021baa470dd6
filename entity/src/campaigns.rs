//! A campaign: many calls, of which so many at a time are placed.

use sea_orm::entity::prelude::*;

use crate::CampaignId;

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum CampaignState {
    /// Not started yet.
    Draft,
    Running,
    /// Nothing is placed; what was placed goes on.
    Paused,
    /// All of its calls have ended.
    Completed,
    Canceled,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "campaigns")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CampaignId,
    pub owner: String,
    pub name: String,
    pub max_concurrency: i32,
    pub state: CampaignState,
    /// Each call is counted in exactly one of `queued`, `active`, `completed` and `failed`.
    pub total: i32,
    pub queued: i32,
    pub active: i32,
    /// Ended well.
    pub completed: i32,
    /// Ended otherwise; the canceled are among them.
    pub failed: i32,
    pub canceled: i32,
    /// How long all ended calls took together.
    pub took_millis: i64,
    /// How many they were.
    pub timed: i32,
    /// So many at a time, where Vapi has said that its lines are in use.
    pub pace: Option<i32>,
    pub pace_until: Option<i64>,
    pub started_at: Option<i64>,
    pub completed_at: Option<i64>,
    pub progress_told_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
