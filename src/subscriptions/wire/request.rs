//! What is asked for, and how it is understood.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use utoipa::ToSchema;

use super::words::{Hears, Order, Resume};
use crate::{
    config::EgressConfig,
    error::Result,
    subscriptions::{
        change::{Activity, Change, Held},
        rotate::{OVERLAP_DEFAULT, Rotation},
        settings::{FilterWish, Pairs, Settings, Wanted, Wrong},
        subscribe::NewSubscription,
    },
};

/// A subscription that is wanted. Where the caller has one at this URL, what
/// is given replaces what it has.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    /// Where events are sent.
    #[schema(example = "https://example.com/api/webhook")]
    webhook_url: String,
    /// Names of events; the default ones where it is left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Vec<String>, example = json!(["call.status.changed", "call.completed", "call.failed"]))]
    events: Option<Vec<String>>,
    /// For people, 500 characters at most.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Option<String>)]
    description: Option<Option<String>>,
    /// `whsec_` and the base64 of 24 to 64 bytes; made where it is left out.
    secret_key: Option<String>,
    /// Sent with each delivery, 20 at most.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Option<std::collections::HashMap<String, String>>, example = json!({"authorization": "Bearer …"}))]
    headers: Option<Option<Pairs>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Option<FilterWish>)]
    filter: Option<Option<FilterWish>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Order)]
    ordering: Option<Order>,
    /// How many deliveries may be under way at once, 8 unless given.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = u32, minimum = 1, maximum = 100, example = 8)]
    max_in_flight: Option<u32>,
    /// How many deliveries may begin in a second; as many as can, unless given.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Option<u32>, minimum = 1, maximum = 1000)]
    rate_per_second: Option<Option<u32>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Hears)]
    scope: Option<Hears>,
}

/// What is to become of a subscription. What is left out stays; `null` clears
/// a description, headers, a filter or a rate.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSubscription {
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = String, example = "https://example.com/api/webhook")]
    webhook_url: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Vec<String>, example = json!(["call.completed", "call.failed"]))]
    events: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Option<String>)]
    description: Option<Option<String>>,
    /// All of them: what is not among them is sent no more.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Option<std::collections::HashMap<String, String>>)]
    headers: Option<Option<Pairs>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Option<FilterWish>)]
    filter: Option<Option<FilterWish>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Order)]
    ordering: Option<Order>,
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = u32, minimum = 1, maximum = 100)]
    max_in_flight: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Option<u32>, minimum = 1, maximum = 1000)]
    rate_per_second: Option<Option<u32>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Hears)]
    scope: Option<Hears>,
    /// `false` pauses it: what comes is held. `true` makes it active again,
    /// as if its receiver had never failed.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = bool)]
    is_active: Option<bool>,
    /// Beside `"is_active": true`: what becomes of what was held, `replay`
    /// unless given.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Resume)]
    resume: Option<Resume>,
    #[serde(rename = "secret_key", default, deserialize_with = "refuse_secret")]
    #[schema(ignore)]
    _secret_key: (),
}

/// A new secret that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateSecret {
    /// How long the secret before signs as well, a day unless given; 0 for not
    /// at all.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = u64, minimum = 0, maximum = 2592000, example = 86400)]
    overlap_seconds: Option<u64>,
    /// `whsec_` and the base64 of 24 to 64 bytes; made where it is left out.
    secret_key: Option<String>,
}

/// What is there, `null` included, which `T` may refuse.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> std::result::Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn refuse_secret<'de, D: Deserializer<'de>>(_: D) -> std::result::Result<(), D::Error> {
    Err(de::Error::custom(
        "a secret is not changed here but by POST …/rotate-secret, so that receivers have time",
    ))
}

impl Subscribe {
    pub fn read(self, egress: &EgressConfig) -> Result<NewSubscription> {
        let wanted = Wanted {
            webhook_url: Some(self.webhook_url),
            events: self.events,
            description: self.description,
            headers: self.headers,
            filter: self.filter,
            ordering: self.ordering.map(Into::into),
            max_in_flight: self.max_in_flight,
            rate_per_second: self.rate_per_second,
            scope: self.scope.map(Into::into),
        };
        NewSubscription::read(wanted, self.secret_key.as_deref(), egress, Wrong::default())
    }
}

impl ChangeSubscription {
    pub fn read(self, egress: &EgressConfig) -> Result<Change> {
        let mut wrong = Wrong::default();
        let activity = read_activity(self.is_active, self.resume, &mut wrong);
        let wanted = Wanted {
            webhook_url: self.webhook_url,
            events: self.events,
            description: self.description,
            headers: self.headers,
            filter: self.filter,
            ordering: self.ordering.map(Into::into),
            max_in_flight: self.max_in_flight,
            rate_per_second: self.rate_per_second,
            scope: self.scope.map(Into::into),
        };
        let settings = Settings::read(wanted, egress, &mut wrong);
        wrong.refuse_any()?;
        Ok(Change { settings, activity })
    }
}

fn read_activity(
    is_active: Option<bool>,
    resume: Option<Resume>,
    wrong: &mut Wrong,
) -> Option<Activity> {
    match (is_active, resume) {
        (Some(true), None | Some(Resume::Replay)) => Some(Activity::Resume(Held::Delivered)),
        (Some(true), Some(Resume::Skip)) => Some(Activity::Resume(Held::Dropped)),
        (_, Some(_)) => {
            wrong.add("resume", "give it only together with \"is_active\": true");
            None
        }
        (Some(false), None) => Some(Activity::Pause),
        (None, None) => None,
    }
}

impl RotateSecret {
    pub fn read(self) -> Result<Rotation> {
        let mut wrong = Wrong::default();
        let overlap = self.overlap_seconds.map(Duration::from_secs);
        let overlap = overlap.unwrap_or(OVERLAP_DEFAULT);
        let rotation = Rotation::read(self.secret_key.as_deref(), overlap, &mut wrong);
        wrong.refuse_any()?;
        Ok(rotation)
    }
}
