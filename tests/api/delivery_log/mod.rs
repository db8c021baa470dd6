//! What became of deliveries, why, and sending them again.

mod idempotency;
mod listing;
mod reading;
mod replaying;
mod retrying;

use entity::{DeliveryId, SubscriptionId};

use crate::support::{Answer, TestApp};

const WEBHOOK: &str = "/api/v6/call/webhook";

impl TestApp {
    /// The subscription's deliveries as alice lists them.
    async fn deliveries(&self, id: SubscriptionId, query: &str) -> Answer {
        let alice = self.user("alice").await;
        let path = format!("{WEBHOOK}/subscriptions/{id}/deliveries?{query}");
        self.get(&path).by(&alice).await
    }

    async fn listed(&self, id: SubscriptionId, query: &str) -> Vec<String> {
        let page = self.deliveries(id, query).await;
        assert_eq!(page.status, 200, "{page:?}");
        ids(&page)
    }

    async fn delivery(&self, id: DeliveryId) -> Answer {
        let alice = self.user("alice").await;
        let path = format!("{WEBHOOK}/deliveries/{id}");
        let answer = self.get(&path).by(&alice).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }
}

fn ids(page: &Answer) -> Vec<String> {
    let deliveries = page.body["deliveries"].as_array().unwrap();
    let id = |delivery: &serde_json::Value| delivery["id"].as_str().unwrap().to_owned();
    deliveries.iter().map(id).collect()
}

fn texts<const N: usize>(ids: [DeliveryId; N]) -> Vec<String> {
    ids.map(|id| id.to_string()).to_vec()
}
