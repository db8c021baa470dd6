//! A call that is still to be placed, or of which nobody knows yet whether it was.

use sea_orm::entity::prelude::*;

use crate::{CallId, Sealed};

/// What may be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum PlacementState {
    /// Vapi was not asked.
    Waiting,
    /// An instance is asking.
    Asking,
    /// Vapi was asked, and nobody knows what came of it.
    Unconfirmed,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "placements")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub call_id: CallId,
    pub state: PlacementState,
    /// Whom to call, and who speaks.
    pub new_call: Sealed,
    /// When the next thing is to be done.
    pub due_at: i64,
    /// After this it is not placed any more.
    pub latest_at: Option<i64>,
    pub asked_at: Option<i64>,
    /// Who asks.
    pub instance: Option<Uuid>,
    /// How often Vapi was asked whether it knows the call.
    pub looks: i32,
    /// It is to be ended as soon as it is known.
    pub cancel_requested: bool,
    pub created_at: i64,
    /// Where it waits for its turn: a campaign, or a list that is still being written.
    pub queue: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
