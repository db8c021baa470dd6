//! A call: its state, its owner, its result.

use sea_orm::entity::prelude::*;

use crate::{CallId, CampaignId, Sealed};

/// From `Ended` on a status is terminal, and never changes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum CallStatus {
    Scheduled,
    Queued,
    Ringing,
    InProgress,
    Forwarding,
    Ended,
    Failed,
    Canceled,
    Timeout,
}

/// How a call ended, which its status alone does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Outcome {
    Completed,
    NoContact,
    Failed,
    Canceled,
    Timeout,
}

/// Whether we placed the call or Vapi announced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Origin {
    Placed,
    Announced,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calls")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CallId,
    #[sea_orm(unique)]
    pub vapi_call_id: Option<String>,
    /// Ours, in the metadata of a call that we placed.
    #[sea_orm(unique)]
    pub request_id: Option<String>,
    /// The first one seen, which never changes.
    pub owner: Option<String>,
    pub origin: Origin,
    /// Vapi's `call.type`.
    pub kind: Option<String>,
    pub status: CallStatus,
    pub outcome: Option<Outcome>,
    pub ended_reason: Option<String>,
    pub retryable: Option<bool>,
    /// The number of the last event that was told about this call.
    pub sequence: i32,
    pub phone: Option<Sealed>,
    /// The phone's keyed blind index, by which it is looked up.
    pub phone_index: Option<Vec<u8>>,
    /// Customer, metadata, assistant.
    pub details: Option<Sealed>,
    pub result: Option<Sealed>,
    /// A cache never replaces a higher one. A dismissal is a version too.
    pub result_version: i32,
    pub result_dismissed_at: Option<i64>,
    pub campaign_id: Option<CampaignId>,
    /// The instance whose recorder told of it last; none where something else did.
    pub recorder: Option<Uuid>,
    pub scheduled_at: Option<i64>,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub announce_due_at: Option<i64>,
    pub announced_at: Option<i64>,
    pub last_event_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
