//! A campaign as a resource: what it may be, and what it says of itself.

use serde_json::{Value, json};

use super::{CAMPAIGNS, House, calls};
use crate::support::{ADMIN_KEY, TestApp};

#[tokio::test]
async fn a_new_campaign_is_a_draft_that_has_placed_nothing() {
    let house = House::open().await;
    let path = house.campaign(3, calls(2)).await;
    let campaign = house.read(&path).await;
    let shown = json!({
        "id": path.rsplit('/').next().unwrap(), "owner": "alice", "name": "Plumbers",
        "status": "DRAFT", "max_concurrency": 3,
        "progress": {
            "total": 2, "queued": 2, "active": 0, "completed": 0, "failed": 0, "canceled": 0,
            "percent": 0, "eta": null,
        },
        "started_at": null, "completed_at": null,
        "created_at": "2026-01-05T09:00:00.000Z", "updated_at": "2026-01-05T09:00:00.000Z",
    });
    assert_eq!(campaign, shown);
    let started = house.does(&path, "start").await;
    assert_eq!(started["started_at"], "2026-01-05T09:00:00.000Z");
    house.finish().await;
}

#[tokio::test]
async fn campaigns_are_listed_newest_first_page_by_page() {
    let house = House::open().await;
    let first = house.campaign(1, Vec::new()).await;
    let second = house.campaign(1, Vec::new()).await;
    let mut seen = Vec::new();
    let mut next = String::new();
    for _ in 0..2 {
        let page = house.app.get(&format!("{CAMPAIGNS}?limit=1{next}"));
        let page = page.by(&house.alice).await.body;
        seen.push(format!(
            "{CAMPAIGNS}/{}",
            page["campaigns"][0]["id"].as_str().unwrap()
        ));
        next = match &page["next_cursor"] {
            Value::String(cursor) => format!("&cursor={cursor}"),
            _ => String::new(),
        };
    }
    assert_eq!(seen, [second, first]);
    assert!(next.is_empty());
    house.finish().await;
}

#[tokio::test]
async fn what_cannot_be_a_campaign_is_refused_field_by_field() {
    let house = House::open().await;
    let good = json!({"name": "Plumbers", "max_concurrency": 1, "calls": []});
    for (field, value, path) in [
        ("name", json!(" "), "name"),
        ("name", json!("n".repeat(101)), "name"),
        ("max_concurrency", json!(0), "max_concurrency"),
        ("max_concurrency", json!(1_001), "max_concurrency"),
        ("max_concurrency", json!("ten"), "max_concurrency"),
        (
            "calls",
            json!([{"customer": {"number": 7}}]),
            "calls[0].customer.number",
        ),
        (
            "calls",
            json!([{"customer": {"number": "7"}}]),
            "calls[0].customer.number",
        ),
        ("speed", json!(1), "speed"),
    ] {
        let mut wanted = good.clone();
        wanted[field] = value;
        let refused = house.wants(&wanted).await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(refused.body["details"][0]["path"], path, "{refused:?}");
    }
    let nothing = house
        .adds(&house.campaign(1, Vec::new()).await, Vec::new())
        .await;
    assert_eq!(nothing.body["details"][0]["path"], "calls", "{nothing:?}");
    house.finish().await;
}

#[tokio::test]
async fn whoever_has_a_hundred_open_ones_ends_one_first() {
    let house = House::open().await;
    let path = house.campaign(1, Vec::new()).await;
    for _ in 1..100 {
        house.campaign(1, Vec::new()).await;
    }
    let wanted = json!({"name": "One more", "max_concurrency": 1});
    house.wants(&wanted).await.assert_refused(409, "CONFLICT");
    house.does(&path, "cancel").await;
    assert_eq!(house.wants(&wanted).await.status, 201);
    house.finish().await;
}

#[tokio::test]
async fn nothing_is_started_where_calls_cannot_be_placed() {
    let app = TestApp::spawn().await;
    let wanted = json!({"name": "Plumbers", "max_concurrency": 1});
    let made = app.post(CAMPAIGNS).by(ADMIN_KEY).json(&wanted).await;
    let id = made.body["campaign"]["id"].as_str().unwrap();
    let start = app.post(&format!("{CAMPAIGNS}/{id}/start"));
    start
        .by(ADMIN_KEY)
        .await
        .assert_refused(503, "VAPI_NOT_CONFIGURED");
    app.finish().await;
}

#[tokio::test]
async fn a_campaign_that_was_over_long_ago_is_forgotten_and_an_open_one_is_not() {
    let house = House::open().await;
    let open = house.campaign(1, calls(1)).await;
    let over = house.campaign(1, Vec::new()).await;
    house.does(&over, "cancel").await;
    house
        .app
        .advance(std::time::Duration::from_secs(91 * 86_400));
    ringback::campaigns::sweep_once(&house.app.campaigns)
        .await
        .unwrap();
    let gone = house.app.get(&over).by(&house.alice).await;
    gone.assert_refused(404, "NOT_FOUND");
    assert_eq!(house.counts(&open).await, [1, 0, 0, 0]);
    house.finish().await;
}
