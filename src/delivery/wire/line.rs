//! A delivery in a list.

use entity::{CallId, DeliveryId, EventId, SubscriptionId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    delivery::log::{
        line::Line,
        status::Status,
        why::{Reason, Why},
    },
    infra::clock::rfc3339,
};

/// A delivery in one line.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryLine)]
pub struct LineView {
    #[schema(value_type = String, example = "dlv_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    id: DeliveryId,
    /// The same.
    #[schema(value_type = String, example = "dlv_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    delivery_id: DeliveryId,
    #[schema(value_type = String, example = "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    subscription_id: SubscriptionId,
    #[schema(value_type = String, example = "evt_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    event_id: EventId,
    #[schema(example = "call.completed")]
    event: String,
    #[schema(value_type = Option<String>, required = true, example = "call_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    call_id: Option<CallId>,
    status: Status,
    /// How often it was tried.
    #[schema(example = 1)]
    attempts: i16,
    /// It tells again of an event that was told before.
    replay: bool,
    /// While it waits: when it is sent, if nothing holds it.
    #[schema(format = DateTime, required = true)]
    due_at: Option<String>,
    #[schema(format = DateTime, required = true)]
    ended_at: Option<String>,
    /// Of the answer that ended it.
    #[schema(required = true, example = 200)]
    status_code: Option<i16>,
    /// What a person should look at, where it did not end well.
    #[schema(required = true)]
    error: Option<String>,
}

/// A page of deliveries: first what was never tried, newest first; then what
/// is tried again, the latest due first; then what has ended, latest first.
#[derive(Serialize, ToSchema)]
pub struct Deliveries {
    #[schema(example = true)]
    success: bool,
    deliveries: Vec<LineView>,
    /// Where the next page begins; null on the last. A page under a filter may
    /// be short, or empty, though another follows.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// What a delivery waits for, or why it ended as it did.
#[derive(Serialize, ToSchema)]
#[schema(as = Why)]
pub struct WhyView {
    reason: Reason,
    #[schema(example = "Attempt 2 is made later: the retry schedule says so.")]
    message: String,
    /// When that changes by itself, where it does.
    #[schema(format = DateTime, required = true)]
    until: Option<String>,
}

impl LineView {
    pub fn new(line: Line) -> Self {
        let replay = line.is_replay();
        Self {
            id: line.id,
            delivery_id: line.id,
            subscription_id: line.subscription_id,
            event_id: line.event_id,
            event: line.kind,
            call_id: line.call_id,
            status: line.status,
            attempts: line.attempts,
            replay,
            due_at: line.due_at.map(rfc3339),
            ended_at: line.ended_at.map(rfc3339),
            status_code: line.status_code,
            error: line.error,
        }
    }
}

impl Deliveries {
    pub fn new((lines, next_cursor): (Vec<Line>, Option<String>)) -> Self {
        Self {
            success: true,
            deliveries: lines.into_iter().map(LineView::new).collect(),
            next_cursor,
        }
    }
}

impl From<Why> for WhyView {
    fn from(why: Why) -> Self {
        Self {
            reason: why.reason,
            message: why.message,
            until: why.until.map(rfc3339),
        }
    }
}
