//! Calls as they look in JSON.

use chrono::{DateTime, Utc};
use entity::{
    CallId, CampaignId,
    calls::{Model, Outcome},
    placements::PlacementState,
};
use sea_orm::ActiveEnum;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::details::Details;
use crate::{
    error::{Error, Result},
    infra::{clock::rfc3339, seal::Seal},
    vapi::assistant::CallRequest,
};

/// A call to be placed. At most one of `assistant_id`, `assistant` and `request` says who speaks;
/// without any it is the assistant of `VAPI_ASSISTANT_ID`.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCall {
    pub(super) customer: CreateCustomer,
    /// An assistant that Vapi keeps.
    #[schema(example = "89a9fc62-89ee-4a80-ae54-9f0653ae99a8")]
    pub(super) assistant_id: Option<String>,
    /// A whole assistant, as Vapi takes it. Where it names no `server`, its news come here; and then it
    /// may name no other address (of a tool, a voice, a model), unless you are an admin.
    #[schema(value_type = Option<Object>)]
    pub(super) assistant: Option<Map<String, Value>>,
    /// What a provider is called for: the assistant is made of it.
    pub(super) request: Option<CallRequest>,
    /// Yours: it comes back with whatever is told of the call.
    #[serde(default)]
    #[schema(required = false, value_type = Object)]
    pub(super) metadata: Map<String, Value>,
    /// A campaign of yours: the call waits there for its turn.
    #[schema(example = "cmp_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    pub(super) campaign_id: Option<String>,
    /// When to place it; at once unless given.
    pub(super) scheduled_at: Option<DateTime<Utc>>,
    /// After this it is not placed any more, and canceled.
    pub(super) latest_at: Option<DateTime<Utc>>,
}

/// Who is called.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCustomer {
    /// E.164; ten digits without `+` are taken for a North American number.
    #[schema(example = "+14155550123")]
    pub(super) number: String,
    #[schema(max_length = 40, example = "Ace Plumbing")]
    pub(super) name: Option<String>,
}

/// A call, and how far it has come.
#[derive(Serialize, ToSchema)]
pub struct Call {
    #[schema(value_type = String, example = "call_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    id: CallId,
    /// Null until Vapi has said it.
    #[schema(required = true, example = "019a9c95-32a0-7ccd-93e9-2655308be9ae")]
    vapi_call_id: Option<String>,
    #[schema(example = "QUEUED")]
    status: String,
    /// `unconfirmed` while Vapi was asked for the call and nobody knows whether it has it.
    #[schema(required = true, example = json!(null))]
    placement: Option<&'static str>,
    #[schema(required = true, example = "completed")]
    outcome: Option<String>,
    /// Whether the same call, placed again, may go better; null until it has ended.
    #[schema(required = true)]
    retryable: Option<bool>,
    #[schema(required = true, example = "customer-ended-call")]
    ended_reason: Option<String>,
    /// Why Vapi would not place it, in Vapi's words.
    #[schema(required = true)]
    placement_error: Option<String>,
    customer: Customer,
    #[schema(required = true)]
    assistant_id: Option<String>,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    #[schema(required = true, value_type = Option<String>)]
    campaign_id: Option<CampaignId>,
    #[schema(required = true, format = DateTime)]
    scheduled_at: Option<String>,
    #[schema(required = true, format = DateTime)]
    started_at: Option<String>,
    #[schema(required = true, format = DateTime)]
    ended_at: Option<String>,
    #[schema(format = DateTime, example = "2026-11-21T09:30:00.000Z")]
    created_at: String,
    #[schema(format = DateTime, example = "2026-11-21T09:30:00.000Z")]
    updated_at: String,
}

/// Who was called, or called.
#[derive(Serialize, ToSchema)]
#[schema(as = CallCustomer)]
pub struct Customer {
    #[schema(required = true)]
    number: Option<String>,
    #[schema(required = true)]
    name: Option<String>,
}

/// One call.
#[derive(Serialize, ToSchema)]
pub struct OneCall {
    #[schema(example = true)]
    success: bool,
    call: Call,
}

/// A page of calls, newest first.
#[derive(Serialize, ToSchema)]
pub struct Calls {
    #[schema(example = true)]
    success: bool,
    calls: Vec<Call>,
    /// Where the next page begins; null on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// An assistant, as Vapi takes it.
#[derive(Serialize, ToSchema)]
pub struct OneAssistant {
    #[schema(example = true)]
    success: bool,
    #[schema(value_type = Object)]
    assistant: Value,
}

/// A call, with what is known of its being placed.
pub type Known = (Model, Option<PlacementState>);

impl Call {
    fn of(seal: &Seal, (row, placement): Known) -> Result<Self> {
        let details = match &row.details {
            Some(sealed) => Details::open(seal, row.id, sealed).map_err(Error::internal)?,
            None => Details::default(),
        };
        let is_unknown = row.vapi_call_id.is_none();
        Ok(Self {
            id: row.id,
            vapi_call_id: row.vapi_call_id,
            status: row.status.to_value(),
            placement: placement.filter(|_| is_unknown).and_then(word_of),
            outcome: row.outcome.as_ref().map(Outcome::to_value),
            retryable: row.retryable,
            ended_reason: row.ended_reason,
            placement_error: details.placement_error,
            customer: Customer {
                number: details.customer_number,
                name: details.customer_name,
            },
            assistant_id: details.assistant_id,
            metadata: details.metadata,
            campaign_id: row.campaign_id,
            scheduled_at: row.scheduled_at.map(rfc3339),
            started_at: row.started_at.map(rfc3339),
            ended_at: row.ended_at.map(rfc3339),
            created_at: rfc3339(row.created_at),
            updated_at: rfc3339(row.updated_at),
        })
    }
}

fn word_of(placement: PlacementState) -> Option<&'static str> {
    (placement == PlacementState::Unconfirmed).then_some("unconfirmed")
}

impl OneCall {
    pub fn of(seal: &Seal, call: Known) -> Result<Self> {
        Ok(Self {
            success: true,
            call: Call::of(seal, call)?,
        })
    }
}

impl OneAssistant {
    pub fn new(assistant: Value) -> Self {
        Self {
            success: true,
            assistant,
        }
    }
}

impl Calls {
    pub fn of(seal: &Seal, (calls, next_cursor): (Vec<Known>, Option<String>)) -> Result<Self> {
        let calls = calls.into_iter().map(|call| Call::of(seal, call));
        Ok(Self {
            success: true,
            calls: calls.collect::<Result<_>>()?,
            next_cursor,
        })
    }
}
