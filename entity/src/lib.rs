//! The rows of the database, a file a table, with the ids and the states that they are made of.
//!
//! No logic lives here, and a row is never a wire type: it is not `Serialize`, so nothing that it
//! holds can slip into an answer by a derive. Times are epoch milliseconds, in fields `*_at`.

mod id;
mod sealed;

pub mod api_keys;
pub mod call_events;
pub mod calls;
pub mod campaigns;
pub mod dashboard_sessions;
pub mod delivery_attempts;
pub mod delivery_queue;
pub mod events;
pub mod idempotency_keys;
pub mod identities;
pub mod inquiries;
pub mod instances;
pub mod lanes;
pub mod maintenance;
pub mod messages;
pub mod placements;
pub mod schedule_runs;
pub mod schedules;
pub mod stats_minutes;
pub mod subscriptions;
pub mod subscriptions_epoch;
pub mod tool_calls;
pub mod tools;

pub use id::{
    CallId, CampaignId, DeliveryId, EventId, InvalidId, KeyId, MessageId, ScheduleId,
    SubscriptionId, ToolId,
};
pub use sealed::Sealed;
