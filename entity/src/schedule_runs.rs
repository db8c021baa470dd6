//! A time at which a schedule was to place a call, and what became of it.

use sea_orm::entity::prelude::*;

use crate::{CallId, ScheduleId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum RunState {
    /// There is a call, whatever became of that.
    Placed,
    /// It was too late for it.
    Missed,
    /// What it was to ask for cannot be asked for.
    Failed,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "schedule_runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// With `due_at` unique.
    pub schedule_id: ScheduleId,
    pub due_at: i64,
    pub state: RunState,
    pub call_id: Option<CallId>,
    /// Why there is no call.
    pub reason: Option<String>,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
