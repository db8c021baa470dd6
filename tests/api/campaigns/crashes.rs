//! What a process leaves behind that dies half-way is ended by the next, and rings nobody twice.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::{House, calls, counts};
use crate::support::client;

#[tokio::test]
async fn a_call_that_was_given_its_place_and_not_dialled_is_dialled_once_by_the_next_process() {
    let house = House::where_calls_are_played().await;
    let path = house.campaign(2, calls(3)).await;
    // What the placer's transaction leaves, and nothing after it.
    let first = house.first();
    house
        .sql(&format!(
            "UPDATE placements SET queue = NULL WHERE call_id = (SELECT {first} FROM placements)"
        ))
        .await;
    house
        .sql("UPDATE campaigns SET state = 'RUNNING', active = 1, queued = queued - 1")
        .await;
    let house = house.restarted().await;
    let campaign = house.completed(&path).await;
    assert_eq!(counts(&campaign)[..2], [0, 0]);
    house.assert_rang(&path, 3).await;
    house.finish().await;
}

#[tokio::test]
async fn a_process_that_died_before_it_asked_leaves_a_call_that_fails_and_one_that_follows() {
    let house = House::open().await;
    let path = house.campaign(1, calls(2)).await;
    house.dies_asking().await;
    for _ in 0..6 {
        house.later(Duration::from_secs(600)).await;
    }
    let first = house.calls(&path).await[0].clone();
    assert_eq!(first["ended_reason"], "vapi-never-placed");
    assert_eq!(house.counts(&path).await, [0, 1, 0, 1]);
    house.assert_rang(&path, 1).await;
    house.finish().await;
}

#[tokio::test]
async fn a_process_that_died_after_vapi_took_the_call_leaves_one_that_is_found_and_counted() {
    let house = House::open().await;
    let path = house.campaign(1, calls(1)).await;
    let call = house.calls(&path).await[0].clone();
    let asked = json!({
        "assistantId": "an-assistant", "phoneNumberId": "a-number",
        "customer": {"number": "+14155550000"},
        "assistantOverrides": {"metadata": {"requestId": call["id"]}},
    });
    let taken = client()
        .post(format!("{}/call", house.vapi_url))
        .bearer_auth("key");
    assert_eq!(taken.json(&asked).send().await.unwrap().status(), 201);
    house.dies_asking().await;
    house.later(Duration::from_secs(60)).await;
    let found = house.calls(&path).await[0].clone();
    assert!(!found["vapi_call_id"].is_null(), "{found}");
    house.ends(&path, 0).await;
    let campaign = house.read(&path).await;
    assert_eq!(
        (counts(&campaign), &campaign["status"]),
        ([0, 0, 1, 0], &json!("COMPLETED"))
    );
    house.assert_rang(&path, 1).await;
    house.finish().await;
}

#[tokio::test]
async fn a_canceled_campaign_is_wound_down_by_the_next_process() {
    let house = House::open().await;
    let path = house.campaign(1, calls(3)).await;
    house.sql("UPDATE campaigns SET state = 'CANCELED'").await;
    let house = house.restarted().await;
    let campaign = house
        .until(&path, |campaign| campaign["progress"]["queued"] == 0)
        .await;
    assert_eq!(counts(&campaign), [0, 0, 0, 3]);
    house.finish().await;
}

#[tokio::test]
async fn a_list_that_was_never_finished_is_forgotten_and_was_never_part_of_it() {
    let house = House::open().await;
    let path = house.campaign(5, calls(4)).await;
    let half = house.some_id();
    // Two of them belong to a request that has died.
    house
        .sql(&format!(
            "UPDATE placements SET queue = {half} WHERE call_id IN (
                SELECT call_id FROM placements ORDER BY call_id DESC LIMIT 2)"
        ))
        .await;
    house
        .sql("UPDATE campaigns SET total = 2, queued = 2")
        .await;
    house.does(&path, "start").await;
    house.asked(2).await;
    house.later(Duration::from_secs(1_800)).await;
    house.sweeps().await;
    assert_eq!(house.calls(&path).await.len(), 4, "it may still be written");
    house.later(Duration::from_secs(1_801)).await;
    house.sweeps().await;
    assert_eq!(house.calls(&path).await.len(), 2);
    assert_eq!(house.counts(&path).await, [0, 2, 0, 0]);
    house.assert_rang(&path, 2).await;
    house.finish().await;
}

impl House {
    /// The first call was given its place, and another process has said that it asks for it.
    async fn dies_asking(&self) {
        let (uuid, first) = (self.some_id(), self.first());
        let now = self.app.clock.millis();
        self.sql(&format!(
            "UPDATE placements SET queue = NULL, state = 'asking', instance = {uuid},
                asked_at = {now}, due_at = {now} + 60000
             WHERE call_id = (SELECT {first} FROM placements)"
        ))
        .await;
        self.sql("UPDATE campaigns SET state = 'RUNNING', active = 1, queued = queued - 1")
            .await;
    }

    /// As the database writes an id.
    fn some_id(&self) -> String {
        match self.app.app.db.is_postgres() {
            true => format!("'{}'", Uuid::now_v7()),
            false => format!("x'{}'", Uuid::now_v7().simple()),
        }
    }

    /// Of several calls the oldest.
    fn first(&self) -> &'static str {
        match self.app.app.db.is_postgres() {
            true => "min(call_id::text)::uuid",
            false => "min(call_id)",
        }
    }

    async fn sweeps(&self) {
        ringback::campaigns::sweep_once(&self.app.campaigns)
            .await
            .unwrap();
    }

    async fn restarted(self) -> Self {
        Self {
            app: self.app.restart().await,
            ..self
        }
    }
}
