//! What subscribers hear of a campaign.

use std::time::Duration;

use serde_json::json;

use super::{House, calls};
use crate::support::Receiver;

#[tokio::test]
async fn the_end_is_told_once_with_the_last_state_and_progress_once_a_second() {
    let house = House::open().await;
    let receiver = Receiver::start().await;
    let path = house.campaign(5, calls(5)).await;
    let id = path.rsplit('/').next().unwrap();
    let wanted = json!({
        "webhook_url": receiver.url(), "filter": {"campaign_id": [id]},
        "events": ["campaign.progress", "campaign.completed"],
    });
    let subscribe = house.app.post("/api/v6/call/webhook/subscribe");
    let subscribed = subscribe.by(&house.alice).json(&wanted).await;
    assert_eq!(subscribed.status, 201, "{subscribed:?}");
    house.does(&path, "start").await;
    house.asked(5).await;

    house.ends(&path, 0).await;
    house.ends(&path, 1).await;
    house.app.advance(Duration::from_millis(999));
    house.ends(&path, 2).await;
    house.app.advance(Duration::from_millis(1));
    house.ends(&path, 3).await;
    house.ends(&path, 4).await;
    let heard = receiver.heard(3).await;
    house.app.deliveries.idle().await;
    assert_eq!(receiver.requests().len(), 3);
    let told: Vec<_> = heard
        .iter()
        .map(|heard| {
            let told = heard.json();
            let done = told["data"]["progress"]["completed"].as_i64().unwrap();
            (told["event"].as_str().unwrap().to_owned(), done)
        })
        .collect();
    let progress = "campaign.progress".to_owned();
    let completed = "campaign.completed".to_owned();
    assert_eq!(told, [(progress.clone(), 1), (progress, 4), (completed, 5)]);

    let last = heard[2].json();
    assert_eq!(
        (&last["callId"], &last["status"], &last["sequence"]),
        (&json!(null), &json!(null), &json!(null))
    );
    assert_eq!(
        last["data"],
        json!({
            "campaign_id": id, "name": "Plumbers", "status": "completed",
            "progress": {
                "total": 5, "queued": 0, "active": 0, "completed": 5, "failed": 0, "canceled": 0,
                "percent": 100, "eta": null,
            },
            "completed_at": "2026-01-05T09:00:01.000Z",
        })
    );
    house.finish().await;
}

#[tokio::test]
async fn a_call_says_of_which_campaign_it_is_and_is_first_told_of_when_it_is_placed() {
    let house = House::open().await;
    let path = house.campaign(1, calls(1)).await;
    assert!(house.told("call.status.changed").await.is_empty());
    house.does(&path, "start").await;
    house.asked(1).await;
    assert_eq!(house.told("call.status.changed").await.len(), 1);
    let call = house.calls(&path).await[0].clone();
    assert_eq!(call["campaign_id"], *path.rsplit('/').next().unwrap());
    house.finish().await;
}

#[tokio::test]
async fn the_last_state_of_a_canceled_campaign_is_told_however_soon_it_follows() {
    let house = House::open().await;
    let path = house.started(2, calls(2)).await;
    house.asked(2).await;
    house.does(&path, "cancel").await;
    house.ends(&path, 0).await;
    house.ends(&path, 1).await;
    assert_eq!(house.told("campaign.progress").await.len(), 2);
    assert!(house.told("campaign.completed").await.is_empty());
    house.finish().await;
}

#[tokio::test]
async fn its_end_is_foreseen_once_calls_have_taken_their_time() {
    let house = House::open().await;
    let path = house.started(1, calls(3)).await;
    house.asked(1).await;
    assert_eq!(house.read(&path).await["progress"]["eta"], json!(null));
    // It took two minutes, and two more are to come.
    house
        .hears(&path, 0, |id| {
            crate::support::vapi::report(id, "alice", crate::support::vapi::WELL, "Short.")
        })
        .await;
    let eta = house.read(&path).await["progress"]["eta"].clone();
    assert_eq!(eta, "2026-01-05T09:04:00.000Z");
    house.finish().await;
}
