//! A schedule: a call that is placed again and again, by a cron expression.

use sea_orm::entity::prelude::*;

use crate::{ScheduleId, Sealed};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "schedules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ScheduleId,
    pub owner: String,
    pub cron: String,
    pub timezone: String,
    pub starts_at: Option<i64>,
    pub ends_at: Option<i64>,
    pub max_runs: Option<i32>,
    /// How many calls it has placed.
    pub runs: i32,
    /// A run that is later than this is missed.
    pub grace_seconds: i32,
    pub is_active: bool,
    /// What is asked for at each run, as JSON.
    pub call_template: Sealed,
    /// Nothing where no run is to come.
    pub next_run_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
