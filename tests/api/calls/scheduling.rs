//! Calls that are due later.

use std::time::Duration;

use ringback::simulate::Mischief;
use serde_json::json;

use super::{House, a_call, as_time_passes, with};

/// An hour after the tests begin.
const TEN: &str = "2026-01-05T10:00:00Z";
const HOUR: Duration = Duration::from_secs(3_600);
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_scheduled_call_is_placed_when_it_is_due_and_once() {
    let house = House::open().await;
    let call = house.placed(&with(a_call(), "scheduled_at", TEN)).await;
    assert_eq!(
        (&call["status"], &call["scheduled_at"]),
        (&json!("SCHEDULED"), &json!("2026-01-05T10:00:00.000Z"))
    );
    house.later(HOUR - SECOND).await;
    assert_eq!(house.dials(&call), 0);
    house.later(SECOND).await;
    house.later(HOUR).await;
    assert_eq!(house.dials(&call), 1);
    assert_eq!(house.call(&call["id"]).await["status"], "QUEUED");
    assert_eq!(
        house.told(&call).await,
        [
            "1 call.status.changed SCHEDULED",
            "2 call.status.changed QUEUED"
        ]
    );
    house.finish().await;
}

#[tokio::test]
async fn two_rounds_at_once_place_a_call_once() {
    let house = House::open().await;
    let call = house.placed(&with(a_call(), "scheduled_at", TEN)).await;
    house.app.advance(HOUR);
    let (one, other) = tokio::join!(house.app.calls.place_due(), house.app.calls.place_due());
    one.and(other).unwrap();
    assert_eq!(house.dials(&call), 1);
    house.finish().await;
}

#[tokio::test]
async fn a_scheduled_call_that_vapi_refuses_fails_and_says_why() {
    let house = House::open().await;
    let call = house.placed(&with(a_call(), "scheduled_at", TEN)).await;
    house.misbehaves(Mischief::Reject);
    house.later(HOUR).await;
    let call = house.call(&call["id"]).await;
    assert_eq!(
        (&call["status"], &call["ended_reason"]),
        (&json!("FAILED"), &json!("vapi-rejected"))
    );
    assert!(
        call["placement_error"]
            .as_str()
            .unwrap()
            .contains("do-not-call")
    );
    assert_eq!(
        house.told(&call).await[1..],
        ["2 call.status.changed FAILED", "3 call.failed FAILED"]
    );
    house.finish().await;
}

#[tokio::test]
async fn a_call_waits_for_a_free_line_no_longer_than_it_may() {
    let house = House::open().await;
    let body = with(
        with(a_call(), "scheduled_at", TEN),
        "latest_at",
        "2026-01-05T10:05:00Z",
    );
    let call = house.placed(&body).await;
    house.misbehaves(Mischief::OverLimit);
    house.app.advance(HOUR);
    as_time_passes(&house.app.clock, house.app.calls.place_due())
        .await
        .unwrap();
    assert_eq!(house.call(&call["id"]).await["status"], "SCHEDULED");
    house.later(Duration::from_secs(400)).await;
    let call = house.call(&call["id"]).await;
    assert_eq!(
        (&call["status"], &call["ended_reason"]),
        (&json!("CANCELED"), &json!("latest-at-passed"))
    );
    assert_eq!(house.dials(&call), 0);
    assert_eq!(
        house.told(&call).await[1..],
        ["2 call.status.changed CANCELED"]
    );
    house.finish().await;
}

#[tokio::test]
async fn a_call_whose_time_is_over_when_we_come_back_is_not_placed() {
    let house = House::open().await;
    let body = with(with(a_call(), "scheduled_at", TEN), "latest_at", TEN);
    let call = house.placed(&body).await;
    house.later(HOUR + SECOND).await;
    assert_eq!(house.call(&call["id"]).await["status"], "CANCELED");
    assert_eq!(house.dials(&call), 0);
    house.finish().await;
}
