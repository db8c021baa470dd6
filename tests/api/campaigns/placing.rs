//! So many calls at a time, each of them once.

use std::time::Duration;

use entity::{calls::Column, placements};
use futures_util::future::join_all;
use ringback::run::Running;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::{House, calls, counts};
use crate::support::as_time_passes;

#[tokio::test]
async fn two_hundred_calls_are_placed_ten_at_a_time_and_are_completed_once() {
    let house = House::where_calls_are_played().await;
    let replicas = house.replicas(2).await;
    let path = house.campaign(10, calls(200)).await;
    assert_eq!(house.counts(&path).await, [200, 0, 0, 0]);
    assert_eq!(house.vapi.dials_in_all(), 0);

    house.does(&path, "start").await;
    let campaign = house.completed(&path).await;
    let [queued, active, completed, failed] = counts(&campaign);
    assert_eq!((queued, active, completed + failed), (0, 0, 200));
    assert_eq!(campaign["progress"]["percent"], 100);
    assert!(completed > 0, "{campaign}");
    assert_eq!(house.vapi.dials_in_all(), 200);
    assert!(house.vapi.most_at_once() <= 10);
    assert_eq!(house.told("campaign.completed").await.len(), 1);

    house.vapi.quiet().await;
    join_all(replicas.into_iter().map(Running::stop)).await;
    house.finish().await;
}

#[tokio::test]
async fn as_many_are_active_as_may_be_and_the_next_one_follows_an_end() {
    let house = House::open().await;
    let path = house.started(3, calls(5)).await;
    house.asked(3).await;
    house.later(Duration::from_secs(60)).await;
    assert_eq!(house.counts(&path).await, [2, 3, 0, 0]);
    assert_eq!(house.vapi.dials_in_all(), 3);

    house.ends(&path, 0).await;
    house.asked(4).await;
    assert_eq!(house.counts(&path).await, [1, 3, 1, 0]);
    house.finish().await;
}

#[tokio::test]
async fn they_are_placed_in_the_order_in_which_they_were_added() {
    let house = House::open().await;
    let path = house.campaign(2, calls(2)).await;
    house.adds(&path, calls(2)).await;
    house.does(&path, "start").await;
    house.asked(2).await;
    let calls = house.calls(&path).await;
    let dials: Vec<_> = calls
        .iter()
        .map(|call| house.vapi.dials(call["id"].as_str().unwrap()))
        .collect();
    assert_eq!(dials, [1, 1, 0, 0]);
    house.finish().await;
}

#[tokio::test]
async fn a_call_for_a_later_time_waits_for_it_and_holds_nobody_up() {
    let house = House::open().await;
    let mut wanted = calls(2);
    wanted[0]["scheduled_at"] = json!("2026-01-05T10:00:00Z");
    let path = house.started(1, wanted).await;
    house.asked(1).await;
    assert_eq!(house.counts(&path).await, [1, 1, 0, 0]);
    house.ends(&path, 1).await;
    house.later(Duration::from_secs(3_599)).await;
    assert_eq!(house.vapi.dials_in_all(), 1);
    house.later(Duration::from_secs(1)).await;
    house.asked(2).await;
    house.assert_rang(&path, 2).await;
    house.finish().await;
}

#[tokio::test]
async fn a_call_that_is_too_late_when_its_turn_comes_is_canceled_and_makes_room() {
    let house = House::open().await;
    let mut wanted = calls(2);
    wanted[0]["scheduled_at"] = json!("2026-01-05T09:01:00Z");
    wanted[0]["latest_at"] = json!("2026-01-05T09:02:00Z");
    wanted[1]["scheduled_at"] = json!("2026-01-05T09:05:00Z");
    let path = house.campaign(1, wanted).await;
    house.app.advance(Duration::from_secs(600));
    house.does(&path, "start").await;
    house.asked(1).await;
    let campaign = house
        .until(&path, |campaign| {
            campaign["progress"]["canceled"] == 1 && campaign["progress"]["queued"] == 0
        })
        .await;
    assert_eq!(counts(&campaign), [0, 1, 0, 1]);
    house.finish().await;
}

#[tokio::test]
async fn what_is_paused_places_nothing_until_it_is_resumed() {
    let house = House::open().await;
    let path = house.started(2, calls(4)).await;
    house.asked(2).await;
    let paused = house.does(&path, "pause").await;
    assert_eq!(paused["status"], "PAUSED");
    house.ends(&path, 0).await;
    house.ends(&path, 1).await;
    house.later(Duration::from_secs(60)).await;
    assert_eq!(house.counts(&path).await, [2, 0, 2, 0]);
    assert_eq!(house.vapi.dials_in_all(), 2);

    house.does(&path, "resume").await;
    house.asked(4).await;
    house.assert_rang(&path, 4).await;
    house.finish().await;
}

#[tokio::test]
async fn what_is_canceled_calls_off_what_waits_and_counts_what_goes_on() {
    let house = House::open().await;
    let path = house.started(2, calls(70)).await;
    house.asked(2).await;
    house.does(&path, "cancel").await;
    let off = house
        .until(&path, |campaign| campaign["progress"]["queued"] == 0)
        .await;
    assert_eq!(counts(&off), [0, 2, 0, 68]);
    assert_eq!(off["progress"]["canceled"], 68);
    let statuses = house.calls(&path).await;
    let canceled = statuses.iter().filter(|call| call["status"] == "CANCELED");
    assert_eq!(canceled.count(), 68);

    house.ends(&path, 0).await;
    house.ends(&path, 1).await;
    let campaign = house.read(&path).await;
    assert_eq!(counts(&campaign), [0, 0, 2, 68]);
    assert_eq!(campaign["status"], "CANCELED");
    assert!(house.told("campaign.completed").await.is_empty());
    assert_eq!(house.vapi.dials_in_all(), 2);
    house.finish().await;
}

#[tokio::test]
async fn a_long_list_that_is_called_off_holds_no_other_campaign_up() {
    let house = House::open().await;
    house.campaign(1, calls(120)).await;
    house.campaign(2, calls(1)).await;
    let bytes = match house.app.app.db.is_postgres() {
        true => "BYTEA",
        false => "BLOB",
    };
    // It cannot be asked for, so that one sees when it was given its place.
    house
        .sql(&format!(
            "UPDATE placements SET new_call = CAST('spoilt' AS {bytes})"
        ))
        .await;
    house
        .sql(
            "UPDATE campaigns SET state =
                CASE WHEN max_concurrency = 1 THEN 'CANCELED' ELSE 'RUNNING' END",
        )
        .await;
    as_time_passes(&house.app.clock, house.app.campaigns.place_due())
        .await
        .unwrap();
    let read = house.app.app.db.read();
    let given = placements::Entity::find().one(read).await.unwrap().unwrap();
    let called_off = entity::calls::Entity::find()
        .filter(Column::EndedAt.is_not_null())
        .order_by_desc(Column::EndedAt)
        .all(read)
        .await
        .unwrap();
    assert_eq!((given.queue, called_off.len()), (None, 120));
    assert!(Some(given.due_at) < called_off[0].ended_at);
    house.finish().await;
}
