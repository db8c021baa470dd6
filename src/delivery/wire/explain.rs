//! Why subscriptions were told of an event, or why not.

use entity::{DeliveryId, EventId, SubscriptionId};
use serde::Serialize;
use utoipa::ToSchema;

use super::line::WhyView;
use crate::delivery::{explain::Explained, log::status::Status};

/// What became of an event for one subscription.
#[derive(Serialize, ToSchema)]
struct Explanation {
    #[schema(value_type = String, example = "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    subscription_id: SubscriptionId,
    /// Whether there is a delivery.
    matched: bool,
    /// What decided that.
    #[schema(example = "its filter wants other outcomes")]
    rule: String,
    #[schema(value_type = Option<String>, required = true)]
    delivery_id: Option<DeliveryId>,
    #[schema(required = true)]
    status: Option<Status>,
    #[schema(required = true)]
    why: Option<WhyView>,
}

/// A page of the subscriptions that could hear an event, newest first.
#[derive(Serialize, ToSchema)]
pub struct Explanations {
    #[schema(example = true)]
    success: bool,
    #[schema(value_type = String, example = "evt_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    event_id: EventId,
    explanations: Vec<Explanation>,
    /// Where the next page begins; null on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl Explanations {
    pub fn new(
        event_id: EventId,
        (explained, next_cursor): (Vec<Explained>, Option<String>),
    ) -> Self {
        Self {
            success: true,
            event_id,
            explanations: explained.into_iter().map(Explanation::from).collect(),
            next_cursor,
        }
    }
}

impl From<Explained> for Explanation {
    fn from(explained: Explained) -> Self {
        let (delivery_id, status, why) = match explained.delivery {
            Some((id, status, why)) => (Some(id), Some(status), Some(why.into())),
            None => (None, None, None),
        };
        Self {
            subscription_id: explained.subscription_id,
            matched: explained.matched,
            rule: explained.rule,
            delivery_id,
            status,
            why,
        }
    }
}
