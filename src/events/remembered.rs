//! What subscriptions chose by when an event was told, read from its bytes.

use entity::{CampaignId, EventId, SubscriptionId, calls::Outcome, events::Model};
use sea_orm::ActiveEnum;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Kind, log::open};
use crate::{
    error::{Error, Result},
    infra::seal::Seal,
};

/// An event that was told, with what a filter may ask of it.
#[derive(Clone, Debug)]
pub struct Remembered {
    pub id: EventId,
    pub kind: Kind,
    pub owner: Option<String>,
    pub campaign_id: Option<CampaignId>,
    pub outcome: Option<Outcome>,
    pub metadata: Map<String, Value>,
    /// The subscription that it is about.
    pub about: Option<SubscriptionId>,
}

#[derive(Deserialize)]
struct Told {
    data: Data,
}

/// The calls' events and the campaigns' each have their own spelling.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    #[serde(alias = "campaign_id")]
    campaign_id: Option<String>,
    outcome: Option<String>,
    metadata: Option<Map<String, Value>>,
    #[serde(rename = "subscription_id")]
    subscription_id: Option<String>,
}

impl Remembered {
    pub fn of(seal: &Seal, event: &Model) -> Result<Self> {
        Self::read(event, &open(seal, event)?)
    }

    fn read(event: &Model, payload: &[u8]) -> Result<Self> {
        let told: Told = serde_json::from_slice(payload).map_err(Error::internal)?;
        let data = told.data;
        let outcome = data.outcome.map(|word| Outcome::try_from_value(&word));
        Ok(Self {
            id: event.id,
            kind: event.kind.parse().map_err(|unknown| {
                Error::internal(anyhow::anyhow!("{} is stored: {unknown}", event.kind))
            })?,
            owner: event.owner.clone(),
            campaign_id: data.campaign_id.and_then(|id| id.parse().ok()),
            outcome: outcome.and_then(std::result::Result::ok),
            metadata: data.metadata.unwrap_or_default(),
            about: data.subscription_id.and_then(|id| id.parse().ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use entity::Sealed;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn remembered(kind: &str, data: Value) -> Remembered {
        let event = Model {
            position: 1,
            id: EventId::from_uuid(Uuid::nil()),
            kind: kind.to_owned(),
            owner: Some("alice".to_owned()),
            call_id: None,
            status: None,
            sequence: None,
            payload: Sealed(Vec::new()),
            created_at: 1,
        };
        let payload = json!({"id": "evt_1", "event": kind, "data": data});
        Remembered::read(&event, payload.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn what_a_filter_asks_for_is_read_back() {
        let campaign = CampaignId::from_uuid(Uuid::nil());
        let failed = remembered(
            "call.failed",
            json!({"campaignId": campaign, "outcome": "no_contact", "metadata": {"team": "north"}}),
        );
        assert_eq!(failed.kind, Kind::CallFailed);
        assert_eq!(failed.campaign_id, Some(campaign));
        assert_eq!(failed.outcome, Some(Outcome::NoContact));
        assert_eq!(failed.metadata["team"], "north");
        let progress = remembered("campaign.progress", json!({ "campaign_id": campaign }));
        assert_eq!(progress.campaign_id, Some(campaign));
    }

    #[test]
    fn what_is_not_said_is_not_known() {
        let said = remembered(
            "call.transcript",
            json!({"campaignId": null, "metadata": {}, "text": "Hello."}),
        );
        assert_eq!(
            (said.campaign_id, said.outcome, said.about),
            (None, None, None)
        );
    }

    #[test]
    fn a_subscription_that_an_event_is_about_is_known() {
        let id = SubscriptionId::from_uuid(Uuid::nil());
        let told = remembered("subscription.deactivated", json!({ "subscription_id": id }));
        assert_eq!(told.about, Some(id));
    }
}
