//! Paused, not begun, over, or run as often as it was to run.

use std::time::Duration;

use serde_json::{Value, json};

use super::{House, MINUTE, at, with};

#[tokio::test]
async fn what_is_paused_places_nothing_then_or_later() {
    let house = House::open().await;
    let path = house.schedules(&at("* * * * *")).await;
    house.later(MINUTE).await;
    let paused = house.change(&path, &json!({"is_active": false})).await;
    assert_eq!(paused.body["schedule"]["next_run_at"], Value::Null);
    house.later(MINUTE * 10).await;
    house.assert_rang(1).await;
    let preview = house.read(&format!("{path}/preview")).await;
    assert_eq!(preview["times"][0], "2026-01-05T09:12:00.000Z");

    let resumed = house.change(&path, &json!({"is_active": true})).await;
    assert_eq!(
        resumed.body["schedule"]["next_run_at"],
        "2026-01-05T09:12:00.000Z"
    );
    house.later(MINUTE).await;
    assert_eq!(
        house.runs().await,
        ["01-05T09:01:00 Placed", "01-05T09:12:00 Placed"]
    );
    house.finish().await;
}

#[tokio::test]
async fn it_runs_no_oftener_than_it_may() {
    let house = House::open().await;
    let path = house.schedules(&with(at("* * * * *"), "max_runs", 2)).await;
    for _ in 0..4 {
        house.later(MINUTE).await;
    }
    house.assert_rang(2).await;
    let schedule = house.read(&path).await["schedule"].clone();
    assert_eq!(
        (&schedule["next_run_at"], &schedule["runs"]),
        (&Value::Null, &json!(2))
    );
    house.change(&path, &json!({"max_runs": 3})).await;
    house.later(MINUTE).await;
    house.assert_rang(3).await;
    house.finish().await;
}

#[tokio::test]
async fn it_starts_and_ends_when_it_is_to() {
    let house = House::open().await;
    let bound = with(at("* * * * *"), "starts_at", "2026-01-05T09:02:00Z");
    let path = house
        .schedules(&with(bound, "ends_at", "2026-01-05T09:03:00Z"))
        .await;
    for _ in 0..5 {
        house.later(MINUTE).await;
    }
    assert_eq!(
        house.runs().await,
        ["01-05T09:02:00 Placed", "01-05T09:03:00 Placed"]
    );
    let paused = house.change(&path, &json!({"is_active": false})).await;
    assert_eq!(paused.status, 200, "{paused:?}");
    let resumed = house.change(&path, &json!({"is_active": true})).await;
    resumed.assert_refused(400, "INVALID_REQUEST");
    assert_eq!(resumed.body["details"][0]["path"], "ends_at");
    house.finish().await;
}

#[tokio::test]
async fn what_is_deleted_places_nothing_more_and_its_calls_stay() {
    let house = House::open().await;
    let path = house.schedules(&at("* * * * *")).await;
    house.later(MINUTE).await;
    assert_eq!(house.app.delete(&path).by(&house.alice).await.status, 200);
    house.later(MINUTE).await;
    house.assert_rang(1).await;
    house
        .app
        .get(&format!("{path}/runs"))
        .by(&house.alice)
        .await
        .assert_refused(404, "NOT_FOUND");
    house.finish().await;
}

#[tokio::test]
async fn a_change_of_its_patience_keeps_a_run_that_is_due() {
    let house = House::open().await;
    let path = house.schedules(&at("0 * * * *")).await;
    let changed = house
        .change(&path, &json!({"grace_seconds": 60, "is_active": true}))
        .await;
    assert_eq!(
        changed.body["schedule"]["next_run_at"],
        "2026-01-05T10:00:00.000Z"
    );
    house.later(Duration::from_secs(3_659)).await;
    house.assert_rang(1).await;
    house.finish().await;
}
