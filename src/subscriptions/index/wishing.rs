//! Those that ask for one kind of somebody's events, told apart by the metadata that they want.
//!
//! A customer may have a subscription for each of its own customers, all alike but for a value in
//! their filters. So these are filed by that value, and an event meets only those that want its own.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use crate::subscriptions::{Facts, Subscription, Verdict, filter::as_text};

#[derive(Debug, Default)]
pub(super) struct Wishing {
    /// Their filters name no metadata.
    of_any: Vec<Arc<Subscription>>,
    /// By the first key of their filter, and each value of it that they take.
    by_metadata: HashMap<String, HashMap<String, Vec<Arc<Subscription>>>>,
}

impl Wishing {
    pub fn add(&mut self, subscription: &Arc<Subscription>) {
        let mut wanted = subscription.filter.metadata.iter().flatten();
        let Some((key, values)) = wanted.next() else {
            return self.of_any.push(subscription.clone());
        };
        let by_value = self.by_metadata.entry(key.clone()).or_default();
        for value in BTreeSet::from_iter(values) {
            let takers = by_value.entry(value.clone()).or_default();
            takers.push(subscription.clone());
        }
    }

    /// Those that hear an event, in the order of their ids.
    pub fn hearing(&self, facts: &Facts<'_>) -> Vec<&Arc<Subscription>> {
        let by_metadata = self.by_metadata.iter().filter_map(|(key, by_value)| {
            let value = as_text(facts.metadata.get(key)?)?;
            by_value.get(&value)
        });
        let mut hearing: Vec<_> = [&self.of_any]
            .into_iter()
            .chain(by_metadata)
            .flatten()
            .filter(|subscription| subscription.judge(facts) == Verdict::Hears)
            .collect();
        hearing.sort_unstable_by_key(|subscription| subscription.id);
        hearing
    }
}

#[cfg(test)]
mod tests {
    use entity::{
        Sealed, SubscriptionId,
        subscriptions::{Ordering, SubscriptionScope},
    };
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::{events::Kind, subscriptions::Filter};

    fn subscription(id: u128, filter: &Value) -> Arc<Subscription> {
        Arc::new(Subscription {
            id: SubscriptionId::from_uuid(Uuid::from_u128(id)),
            owner: "o".to_owned(),
            scope: SubscriptionScope::Own,
            url: "https://receiver.invalid".to_owned(),
            events: vec![Kind::CallCompleted],
            filter: Filter::read(Some(&filter.to_string())).unwrap(),
            headers: None,
            ordering: Ordering::Call,
            max_in_flight: 1,
            rate_per_second: None,
            secret: Sealed(Vec::new()),
            previous_secret: None,
            previous_until: None,
            created_at: 0,
        })
    }

    fn hearing(filters: &[Value], metadata: &Value) -> Vec<u128> {
        let mut wishing = Wishing::default();
        for (id, filter) in (0..).zip(filters) {
            wishing.add(&subscription(id, filter));
        }
        let heard = wishing.hearing(&Facts {
            kind: Kind::CallCompleted,
            owner: Some("o"),
            campaign_id: None,
            outcome: None,
            metadata: metadata.as_object().unwrap(),
            not_to: None,
        });
        heard.iter().map(|it| it.id.uuid().as_u128()).collect()
    }

    #[test]
    fn whoever_wants_the_metadata_of_an_event_hears_it_once_in_the_order_of_ids() {
        let filters = [
            json!({"metadata": {"team": ["north", "north", "south"]}}),
            json!({}),
            json!({"metadata": {"tier": ["2"]}}),
            json!({"metadata": {"team": ["west"]}}),
            json!({"metadata": {"team": ["north"], "tier": ["3"]}}),
            json!({"metadata": {"team": []}}),
        ];
        let heard = |metadata| hearing(&filters, &metadata);
        assert_eq!(heard(json!({"team": "north", "tier": 2})), [0, 1, 2]);
        assert_eq!(heard(json!({"team": "north", "tier": 3})), [0, 1, 4]);
        assert_eq!(heard(json!({"team": "west"})), [1, 3]);
        assert_eq!(heard(json!({"team": ["north"]})), [1]);
        assert_eq!(heard(json!({})), [1]);
    }
}
