//! A run is placed when it is due, and is a call like any other from there on.

use std::time::Duration;

use entity::{calls, events};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;

use super::{House, MINUTE, at, with};

#[tokio::test]
async fn a_run_is_placed_when_it_is_due_and_once() {
    let house = House::open().await;
    let path = house.schedules(&at("5 9 * * *")).await;
    house.later(MINUTE * 5 - Duration::from_millis(1)).await;
    house.assert_rang(0).await;
    house.later(Duration::from_millis(1)).await;
    house.later(MINUTE).await;
    house.assert_rang(1).await;
    assert_eq!(house.runs().await, ["01-05T09:05:00 Placed"]);

    let schedule = house.read(&path).await["schedule"].clone();
    assert_eq!(
        (&schedule["runs"], &schedule["next_run_at"]),
        (&json!(1), &json!("2026-01-06T09:05:00.000Z"))
    );
    let runs = house.read(&format!("{path}/runs")).await;
    let run = &runs["runs"][0];
    assert_eq!(
        (&run["state"], &run["reason"]),
        (&json!("placed"), &json!(null))
    );
    let call = format!("/api/v6/call/{}", run["call_id"].as_str().unwrap());
    let call = house.read(&call).await["call"].clone();
    assert_eq!(
        (
            &call["status"],
            &call["scheduled_at"],
            &call["customer"]["number"]
        ),
        (
            &json!("QUEUED"),
            &json!("2026-01-05T09:05:00.000Z"),
            &json!("+14155550123")
        )
    );
    house.finish().await;
}

#[tokio::test]
async fn its_owner_hears_that_a_call_is_scheduled_and_the_rest_as_it_runs() {
    let house = House::open().await;
    let call = json!({"customer": {"number": "+14155550123"}, "metadata": {"order": "A-1"}});
    house.schedules(&with(at("5 9 * * *"), "call", call)).await;
    house.later(MINUTE * 5).await;
    let told = events::Entity::find().order_by_asc(events::Column::Position);
    let told = told.all(house.app.app.db.read()).await.unwrap();
    let statuses: Vec<_> = told.iter().map(|event| event.status.unwrap()).collect();
    assert_eq!(
        statuses,
        [calls::CallStatus::Scheduled, calls::CallStatus::Queued]
    );
    assert!(
        told.iter()
            .all(|event| event.owner.as_deref() == Some("alice"))
    );
    house.finish().await;
}

#[tokio::test]
async fn a_schedule_that_is_made_due_sooner_does_not_wait_for_a_later_one() {
    let house = House::open().await;
    let path = house.schedules(&at("0 12 * * *")).await;
    house.change(&path, &json!({"cron": "1 9 * * *"})).await;
    house.later(MINUTE).await;
    house.assert_rang(1).await;
    house.finish().await;
}

#[tokio::test]
async fn two_rounds_at_once_place_a_run_once() {
    let house = House::open().await;
    house.schedules(&at("* * * * *")).await;
    house.app.advance(MINUTE);
    let schedules = &house.app.schedules;
    let (one, other) = tokio::join!(schedules.place_due(), schedules.place_due());
    one.and(other).unwrap();
    house.later(Duration::ZERO).await;
    house.assert_rang(1).await;
    house.finish().await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_places_nothing_again() {
    let house = House::open().await;
    let path = house.schedules(&at("1 9 * * *")).await;
    house.later(MINUTE).await;
    // Another replica, whose clock is behind, is told to look for the next run again.
    let sql = "UPDATE schedules SET next_run_at = next_run_at - 86400000";
    house.sql(sql).await;
    house.later(Duration::ZERO).await;
    house.assert_rang(1).await;
    assert_eq!(house.read(&path).await["schedule"]["runs"], 1);
    assert_eq!(house.runs().await, ["01-05T09:01:00 Placed"]);
    house.finish().await;
}
