//! Which of the events that it asked for a subscription hears.
//!
//! ```json
//! {"campaign_id": ["cmp_…"], "outcome": ["failed", "no_contact"], "metadata": {"team": "north"}}
//! ```
//!
//! Every key that is given must match, by any one of its values. An event that
//! has nothing to be matched, such as the outcome of a call that has not
//! ended, does not match.

use std::{collections::BTreeMap, fmt};

use entity::{CampaignId, SubscriptionId, calls::Outcome};
use sea_orm::ActiveEnum;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::events::Kind;

/// What of an event subscriptions are chosen by.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub kind: Kind,
    pub owner: Option<&'a str>,
    pub campaign_id: Option<CampaignId>,
    pub outcome: Option<Outcome>,
    pub metadata: &'a Map<String, Value>,
    /// The subscription that the event is about, which does not hear it.
    pub not_to: Option<SubscriptionId>,
}

/// Whether a subscription hears an event, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Hears,
    OtherOwner,
    NotAskedFor,
    ToldOfItself,
    OtherCampaign,
    OtherOutcome,
    OtherMetadata(String),
}

/// As it is stored; values are compared as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, Vec<String>>>,
}

impl Filter {
    pub fn read(stored: Option<&str>) -> serde_json::Result<Self> {
        stored.map_or(Ok(Self::default()), serde_json::from_str)
    }

    pub fn judge(&self, facts: &Facts<'_>) -> Verdict {
        if !any_is(&self.campaign_id, || {
            facts.campaign_id.map(|id| id.to_string())
        }) {
            return Verdict::OtherCampaign;
        }
        if !any_is(&self.outcome, || {
            facts.outcome.map(|outcome| outcome.to_value())
        }) {
            return Verdict::OtherOutcome;
        }
        let wanted = self.metadata.iter().flatten();
        let differs = |(key, values): &(&String, &Vec<String>)| {
            let text = facts.metadata.get(*key).and_then(as_text);
            text.is_none_or(|text| !values.contains(&text))
        };
        wanted
            .clone()
            .find(differs)
            .map_or(Verdict::Hears, |(key, _)| {
                Verdict::OtherMetadata(key.clone())
            })
    }
}

fn any_is(wanted: &Option<Vec<String>>, given: impl Fn() -> Option<String>) -> bool {
    wanted
        .as_ref()
        .is_none_or(|wanted| given().is_some_and(|given| wanted.contains(&given)))
}

/// Text as it is, numbers and truth values as they are written.
pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hears => f.write_str("it asked for this event"),
            Self::OtherOwner => f.write_str("the event belongs to another owner"),
            Self::NotAskedFor => f.write_str("the event is not among its events"),
            Self::ToldOfItself => f.write_str("the event is about this subscription itself"),
            Self::OtherCampaign => f.write_str("its filter wants other campaigns"),
            Self::OtherOutcome => f.write_str("its filter wants other outcomes"),
            Self::OtherMetadata(key) => write!(f, "its filter wants another metadata.{key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    const CAMPAIGN: CampaignId = CampaignId::from_uuid(Uuid::nil());

    fn verdict(filter: Value, metadata: Value) -> Verdict {
        let filter = Filter::read(Some(&filter.to_string())).unwrap();
        filter.judge(&Facts {
            kind: Kind::CallFailed,
            owner: None,
            campaign_id: Some(CAMPAIGN),
            outcome: Some(Outcome::NoContact),
            metadata: metadata.as_object().unwrap(),
            not_to: None,
        })
    }

    #[test]
    fn every_key_must_match_by_any_of_its_values() {
        let campaign = CAMPAIGN.to_string();
        let all = json!({"campaign_id": ["cmp_x", campaign], "outcome": ["failed", "no_contact"],
            "metadata": {"team": ["south", "north"], "vip": ["true"], "tier": ["2"]}});
        let metadata = json!({"team": "north", "vip": true, "tier": 2, "more": null});
        assert_eq!(verdict(all, metadata), Verdict::Hears);
        assert_eq!(verdict(json!({}), json!({})), Verdict::Hears);
    }

    #[test]
    fn the_first_key_that_does_not_match_is_named() {
        let other = json!({"campaign_id": ["cmp_x"], "outcome": ["failed"]});
        assert_eq!(verdict(other, json!({})), Verdict::OtherCampaign);
        let other = json!({"outcome": ["completed"]});
        assert_eq!(verdict(other, json!({})), Verdict::OtherOutcome);
        let team = json!({"metadata": {"team": ["north"]}});
        for metadata in [
            json!({}),
            json!({"team": "South"}),
            json!({"team": ["north"]}),
        ] {
            let named = Verdict::OtherMetadata("team".to_owned());
            assert_eq!(verdict(team.clone(), metadata), named);
        }
    }
}
