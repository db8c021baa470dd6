//! What is answered. No secret is in it but where one was just made, or where
//! its owner asks for the subscription that it has.

use entity::{SubscriptionId, lanes::LaneState};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::words::{Hears, Order, State};
use crate::{
    app::App,
    error::{Error, Result},
    infra::clock::rfc3339,
    subscriptions::{
        Known,
        rotate::Rotated,
        settings::FilterWish,
        subscribe::{Found, Subscribed},
    },
};

/// A subscription, but for its secret.
#[derive(Serialize, ToSchema)]
pub struct Subscription {
    #[schema(value_type = String, example = "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    id: SubscriptionId,
    /// The same.
    #[schema(value_type = String, example = "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    subscription_id: SubscriptionId,
    #[schema(example = "acme")]
    owner: String,
    /// Where events are sent, as a URL is written in full.
    #[schema(example = "https://example.com/api/webhook")]
    webhook_url: String,
    #[schema(value_type = Vec<String>, example = json!(["call.status.changed", "call.completed", "call.failed"]))]
    events: Box<RawValue>,
    description: Option<String>,
    /// The names of its own headers. Their values are not shown.
    #[schema(example = json!(["authorization"]))]
    header_names: Vec<String>,
    #[schema(value_type = Option<FilterWish>)]
    filter: Option<Box<RawValue>>,
    ordering: Order,
    #[schema(example = 8)]
    max_in_flight: i32,
    rate_per_second: Option<i32>,
    scope: Hears,
    /// The last characters of its secret, to tell one from another.
    #[schema(example = "SLw=")]
    secret_hint: String,
    /// Until when the secret before signs as well.
    #[schema(format = DateTime)]
    previous_secret_until: Option<String>,
    /// Whether events are sent: it is neither paused nor deactivated.
    #[schema(example = true)]
    is_active: bool,
    state: State,
    /// How many attempts failed since the last success.
    #[schema(example = 0)]
    delivery_failures: i32,
    #[schema(example = 0)]
    failed_total: i64,
    #[schema(example = 12)]
    delivered_total: i64,
    #[schema(format = DateTime)]
    last_success_at: Option<String>,
    #[schema(format = DateTime)]
    last_failure_at: Option<String>,
    last_error: Option<String>,
    /// While it is failing: when it is tried next.
    #[schema(format = DateTime)]
    next_probe_at: Option<String>,
    #[schema(format = DateTime)]
    deactivated_at: Option<String>,
    deactivated_reason: Option<String>,
    /// How many deliveries are queued for it; counted up to 10,000.
    #[schema(example = 0, maximum = 10000)]
    waiting: u32,
    /// Whether there may be more than were counted.
    #[schema(example = false)]
    waiting_is_capped: bool,
    #[schema(format = DateTime, example = "2026-11-21T09:30:00.000Z")]
    created_at: String,
    #[schema(format = DateTime, example = "2026-11-21T09:30:00.000Z")]
    updated_at: String,
}

/// A subscription that was made or found, with its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = Subscribed)]
pub struct SubscribedAnswer {
    #[schema(example = true)]
    success: bool,
    /// What its deliveries are signed with. Keep it where no one else reads it.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret_key: String,
    #[schema(example = "You are subscribed.")]
    message: &'static str,
    #[serde(flatten)]
    subscription: Subscription,
}

/// A subscription with a new secret.
#[derive(Serialize, ToSchema)]
pub struct RotatedSecret {
    #[schema(example = true)]
    success: bool,
    /// What its deliveries are signed with from now on.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret_key: String,
    /// Until when the secret before signs as well; null where it does not.
    #[schema(format = DateTime)]
    previous_valid_until: Option<String>,
    /// What receivers have to do now.
    message: &'static str,
    #[serde(flatten)]
    subscription: Subscription,
}

/// One subscription.
#[derive(Serialize, ToSchema)]
pub struct OneSubscription {
    #[schema(example = true)]
    success: bool,
    subscription: Subscription,
}

/// A page of subscriptions, newest first.
#[derive(Serialize, ToSchema)]
pub struct Subscriptions {
    #[schema(example = true)]
    success: bool,
    subscriptions: Vec<Subscription>,
    /// Where the next page begins; null on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// A subscription that is no more.
#[derive(Serialize, ToSchema)]
pub struct DeletedSubscription {
    #[schema(example = true)]
    success: bool,
    #[schema(value_type = String, example = "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    subscription_id: SubscriptionId,
    #[schema(example = "The subscription is deleted: nothing more is sent.")]
    message: &'static str,
}

impl Subscription {
    fn new(known: Known, app: &App) -> Result<Self> {
        let header_names = known.header_names(&app.seal)?;
        let secret_hint = known.secret_hint(&app.seal)?;
        let previous_until = known.previous_secret_until(app.clock.millis());
        let (is_active, waiting_is_capped) = (known.is_active(), known.waiting_is_capped());
        let Known { row, lane, waiting } = known;
        let raw = |json: String| RawValue::from_string(json).map_err(Error::internal);
        Ok(Self {
            id: row.id,
            subscription_id: row.id,
            owner: row.owner,
            webhook_url: row.url,
            events: raw(row.events)?,
            description: row.description,
            header_names,
            filter: row.filter.map(raw).transpose()?,
            ordering: row.ordering.into(),
            max_in_flight: row.max_in_flight,
            rate_per_second: row.rate_per_second,
            scope: row.scope.into(),
            secret_hint,
            previous_secret_until: previous_until.map(rfc3339),
            is_active,
            state: lane.state.into(),
            delivery_failures: lane.consecutive_failures,
            failed_total: lane.failed_total,
            delivered_total: lane.delivered_total,
            last_success_at: lane.last_success_at.map(rfc3339),
            last_failure_at: lane.last_failure_at.map(rfc3339),
            last_error: lane.last_error,
            next_probe_at: lane.next_probe_at.map(rfc3339),
            deactivated_at: lane.deactivated_at.map(rfc3339),
            deactivated_reason: lane.deactivated_reason,
            waiting,
            waiting_is_capped,
            created_at: rfc3339(row.created_at),
            updated_at: rfc3339(row.updated_at),
        })
    }
}

impl SubscribedAnswer {
    pub fn new(subscribed: Subscribed, app: &App) -> Result<Self> {
        let Subscribed {
            known,
            secret,
            found,
        } = subscribed;
        let message = match (known.lane.state, found) {
            (LaneState::Paused, _) => {
                "You were subscribed already, and the subscription is paused: PATCH it with \
                 {\"is_active\": true}, and what was held is delivered."
            }
            (LaneState::Deactivated, _) => {
                "You were subscribed already, and the subscription is deactivated, for its \
                 receiver failed for too long: mend it, then PATCH the subscription with \
                 {\"is_active\": true}, and what was held is delivered."
            }
            (LaneState::Healthy | LaneState::Failing, Found::Nothing) => "You are subscribed.",
            (LaneState::Healthy | LaneState::Failing, Found::Another | Found::TheSame) => {
                "You were subscribed already: this is the same subscription, as you ask for it now."
            }
        };
        Ok(Self {
            success: true,
            secret_key: secret.text().expose().to_owned(),
            message,
            subscription: Subscription::new(known, app)?,
        })
    }
}

impl RotatedSecret {
    pub fn new(rotated: Rotated, app: &App) -> Result<Self> {
        let Rotated {
            known,
            secret,
            previous_until,
        } = rotated;
        let message = match previous_until {
            Some(_) => {
                "x-webhook-signature is made with the new secret from now on: a receiver that \
                 reads only that header must switch now. Until previous_valid_until \
                 x-webhook-signature-previous is made with the secret before, and \
                 webhook-signature with both."
            }
            None => "The secret before signs no more: receivers must switch now.",
        };
        Ok(Self {
            success: true,
            secret_key: secret.text().expose().to_owned(),
            previous_valid_until: previous_until.map(rfc3339),
            message,
            subscription: Subscription::new(known, app)?,
        })
    }
}

impl OneSubscription {
    pub fn new(known: Known, app: &App) -> Result<Self> {
        Ok(Self {
            success: true,
            subscription: Subscription::new(known, app)?,
        })
    }
}

impl Subscriptions {
    pub fn new((page, next_cursor): (Vec<Known>, Option<String>), app: &App) -> Result<Self> {
        let all = page.into_iter().map(|known| Subscription::new(known, app));
        Ok(Self {
            success: true,
            subscriptions: all.collect::<Result<_>>()?,
            next_cursor,
        })
    }
}

impl DeletedSubscription {
    pub fn new(subscription_id: SubscriptionId) -> Self {
        Self {
            success: true,
            subscription_id,
            message: "The subscription is deleted: nothing more is sent.",
        }
    }
}
