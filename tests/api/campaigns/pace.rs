//! Where Vapi has no line, calls wait, and none is lost for it.

use std::time::Duration;

use ringback::simulate::{Mischief, Rule};
use serde_json::json;

use super::{House, calls, counts, is};

const A_WHILE: Duration = Duration::from_secs(12);

#[tokio::test]
async fn fewer_lines_than_the_campaign_wants_lose_no_call() {
    let house = House::where_calls_are_played().await;
    house.vapi.has_lines(Some(3));
    let path = house.campaign(10, calls(30)).await;
    house.does(&path, "start").await;
    let campaign = house
        .until_in_time(&path, Duration::from_millis(500), is("COMPLETED"))
        .await;
    let [_, _, completed, failed] = counts(&campaign);
    assert_eq!(completed + failed, 30);
    assert!(house.vapi.most_at_once() <= 3);
    for call in house.calls(&path).await {
        assert_ne!(call["ended_reason"], "vapi-busy", "{call}");
    }
    house.assert_rang(&path, 30).await;
    house.finish().await;
}

#[tokio::test]
async fn a_refused_call_waits_in_its_place_and_the_pace_grows_again() {
    let house = House::open().await;
    house.vapi.has_lines(Some(2));
    let path = house.started(4, calls(6)).await;
    // Two are taken; two are asked for, and once more after a pause.
    let slowed = house
        .until_in_time(&path, Duration::from_millis(20), |campaign| {
            campaign["progress"]["queued"] == 4
        })
        .await;
    assert_eq!(counts(&slowed), [4, 2, 0, 0]);

    house.vapi.has_lines(None);
    house.later(Duration::from_secs(5)).await;
    assert_eq!(house.vapi.dials_in_all(), 2, "it is too soon to ask again");
    house.later(A_WHILE).await;
    house.until(&path, |it| it["progress"]["active"] == 4).await;
    house.later(Duration::ZERO).await;
    house.assert_rang(&path, 4).await;
    let first = house.calls(&path).await;
    for call in &first[..4] {
        assert_eq!(house.vapi.dials(call["id"].as_str().unwrap()), 1, "{call}");
    }
    house.finish().await;
}

#[tokio::test]
async fn what_vapi_does_not_take_for_good_has_failed_and_makes_room() {
    let house = House::where_calls_are_played().await;
    let mut wanted = calls(3);
    wanted[1]["customer"]["number"] = json!("+14155559999");
    house.vapi.misbehave([Mischief::Reject.to("9999")]);
    let path = house.started(1, wanted).await;
    house.completed(&path).await;
    let refused = house.calls(&path).await[1].clone();
    assert_eq!(
        (&refused["status"], &refused["ended_reason"]),
        (&json!("FAILED"), &json!("vapi-rejected"))
    );
    assert_eq!(house.vapi.dials_in_all(), 2);
    house.finish().await;
}

#[tokio::test]
async fn an_empty_purse_uses_up_no_calls() {
    let house = House::where_calls_are_played().await;
    house.vapi.misbehave([Mischief::Unpaid.to_all()]);
    let path = house.started(2, calls(3)).await;
    house.asked(2).await;
    house
        .until(&path, |campaign| campaign["progress"]["queued"] == 3)
        .await;
    house.vapi.misbehave(Vec::<Rule>::new());
    let campaign = house
        .until_in_time(&path, Duration::from_millis(500), is("COMPLETED"))
        .await;
    assert_eq!(campaign["progress"]["percent"], 100);
    house.assert_rang(&path, 3).await;
    house.finish().await;
}

#[tokio::test]
async fn a_call_that_vapi_took_and_ended_for_want_of_a_line_has_failed_and_slows_the_rest() {
    let house = House::open().await;
    house.vapi.misbehave([Mischief::Crowded.to("0000")]);
    let path = house.started(2, calls(4)).await;
    let crowded = house
        .until(&path, |campaign| campaign["progress"]["failed"] == 1)
        .await;
    assert_eq!(crowded["status"], "RUNNING");
    let first = house.calls(&path).await[0].clone();
    assert_eq!(first["retryable"], true, "{first}");
    house.later(Duration::from_secs(1)).await;
    assert_eq!(house.counts(&path).await, [2, 1, 0, 1]);
    house.later(A_WHILE).await;
    assert_eq!(house.counts(&path).await, [1, 2, 0, 1]);
    house.finish().await;
}
