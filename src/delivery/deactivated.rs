//! Telling an owner that a subscription was given up, over its others.

use std::collections::BTreeMap;

use entity::{EventId, SubscriptionId};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    error::Result,
    events::{Kind, Payload, Told},
    infra::{
        clock::{Millis, rfc3339},
        db::Tx,
    },
    subscriptions::{Index, Subscription, health::Reason},
};

/// A subscription that was given up.
#[derive(Clone, Copy, Debug)]
pub(super) struct GivenUp {
    pub subscription: SubscriptionId,
    pub reason: Reason,
    pub failures: u32,
    pub at: Millis,
}

/// The events that tell of it.
pub(super) async fn told(tx: &Tx, index: &Index, given_up: &[GivenUp]) -> Result<Vec<Told>> {
    if given_up.is_empty() {
        return Ok(Vec::new());
    }
    let subscriptions = index.fresh(&**tx).await?;
    let events = given_up.iter().filter_map(|given_up| {
        // One that was deleted meanwhile is nobody's news.
        let subscription = subscriptions.get(given_up.subscription)?;
        Some(event(subscription, given_up))
    });
    Ok(events.collect())
}

fn event(subscription: &Subscription, given_up: &GivenUp) -> Told {
    let payload = Payload {
        id: EventId::from_uuid(Uuid::now_v7()),
        kind: Kind::SubscriptionDeactivated,
        call: None,
        timestamp: given_up.at,
        data: data(subscription, given_up),
    };
    Told {
        not_to: Some(subscription.id),
        ..Told::without_call(payload, Some(subscription.owner.clone()))
    }
}

fn data(subscription: &Subscription, given_up: &GivenUp) -> Map<String, Value> {
    let data = BTreeMap::from([
        ("subscription_id", json!(subscription.id)),
        ("webhook_url", json!(subscription.url)),
        ("reason", json!(given_up.reason.to_string())),
        ("failures", json!(given_up.failures)),
        ("deactivated_at", json!(rfc3339(given_up.at))),
    ]);
    let data = data.into_iter();
    data.map(|(name, value)| (name.to_owned(), value)).collect()
}
