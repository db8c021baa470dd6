//! Finding calls.

use serde_json::json;

use super::{CALLS, House, a_call, with};

#[tokio::test]
async fn calls_are_listed_newest_first_and_by_what_is_asked_for() {
    let house = House::open().await;
    let first = house.placed(&a_call()).await;
    house.app.advance(std::time::Duration::from_secs(60));
    let second = house
        .placed(&with(a_call(), "scheduled_at", "2026-01-05T10:00:00Z"))
        .await;
    let ids = async |query: &str| {
        let answer = house
            .app
            .get(&format!("{CALLS}?{query}"))
            .by(&house.alice)
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let calls = answer.body["calls"].as_array().unwrap().clone();
        calls
            .into_iter()
            .map(|call| call["id"].clone())
            .collect::<Vec<_>>()
    };
    let (first, second) = (first["id"].clone(), second["id"].clone());
    assert_eq!(ids("").await, [second.clone(), first.clone()]);
    assert_eq!(ids("status=SCHEDULED").await[0], second);
    assert_eq!(ids("since=2026-01-05T09:00:30Z").await, [second]);
    assert_eq!(ids("until=2026-01-05T09:00:30Z").await, [first]);
    let nobodys = "campaign_id=cmp_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60";
    assert_eq!(ids(nobodys).await, Vec::<serde_json::Value>::new());

    let page = house
        .app
        .get(&format!("{CALLS}?limit=1"))
        .by(&house.alice)
        .await;
    let cursor = page.body["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(ids(&format!("cursor={cursor}")).await.len(), 1);
    house.finish().await;
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_told() {
    let house = House::open().await;
    for (query, path) in [
        ("status=done", "status"),
        ("campaign_id=7", "campaign_id"),
        ("limit=0", "limit"),
    ] {
        let refused = house
            .app
            .get(&format!("{CALLS}?{query}"))
            .by(&house.alice)
            .await;
        refused.assert_refused(400, "INVALID_REQUEST");
        assert_eq!(
            refused.body["details"],
            json!([{"path": path, "message": refused.body["details"][0]["message"]}])
        );
    }
    let refused = house
        .app
        .get(&format!("{CALLS}?colour=red"))
        .by(&house.alice)
        .await;
    refused.assert_refused(400, "INVALID_REQUEST");
    let nobodys = house
        .app
        .get(&format!("{CALLS}/%00"))
        .by(&house.alice)
        .await;
    nobodys.assert_refused(404, "NOT_FOUND");
    house.finish().await;
}
