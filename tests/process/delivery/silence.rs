//! A process that stood still for so long that another took its lanes: what it
//! writes when it moves again changes nothing, and nothing is lost.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, Database};

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_process_writes_after_its_lanes_were_taken_changes_nothing() {
    let Some(mut fleet) = Fleet::of(1)
        .await
        .filter(|fleet| fleet.homes[0].is_on_postgres())
    else {
        return;
    };
    let receiver = Receiver::start().await;
    subscribe(&fleet.servers[0], &receiver.url()).await;
    let (let_go, held) = Reply::from(200).held();
    receiver.replies([held]);
    let speakers = fleet.speakers();
    assert_eq!(speakers[0].say(&event("stopped-0", 0)).await.unwrap(), 200);
    receiver.heard(1).await;

    // Its only lane is its fair share, so the second takes it by the death alone.
    fleet.grow();
    fleet.servers[0].signal("STOP");
    let second = fleet.speakers().split_off(1);
    tell(&second, calls("meanwhile", 4)).await;
    different_from(&receiver, 1 + 4 * STORY.len()).await;
    let again = receiver.requests();
    let first = again[0].header("x-webhook-id");
    let of_first = again
        .iter()
        .filter(|heard| heard.header("x-webhook-id") == first);
    assert_eq!(of_first.count(), 2, "it was sent again");

    let_go.send(()).unwrap();
    fleet.servers[0].signal("CONT");
    tell(&fleet.speakers(), calls("afterwards", 4)).await;
    let events = 1 + 8 * STORY.len();
    different_from(&receiver, events).await;
    assert_in_sequence(&receiver.requests());
    fleet.stop();
    assert_eq!(receiver.requests().len(), events + 1);
    assert_eq!(
        counted(&fleet, "SELECT delivered_total AS n FROM lanes").await,
        events
    );
    let attempts = "SELECT count(*) AS n FROM delivery_attempts";
    assert_eq!(counted(&fleet, attempts).await, events);
    let waiting = "SELECT count(*) AS n FROM delivery_queue";
    assert_eq!(counted(&fleet, waiting).await, 0);
    fleet.leave().await;
}

async fn different_from(receiver: &Receiver, count: usize) {
    let mut ids = HashSet::new();
    let mut seen = 0;
    let enough = receiver.until(|heard| {
        let fresh = heard[seen..].iter();
        ids.extend(fresh.map(|heard| heard.header("x-webhook-id").to_owned()));
        seen = heard.len();
        ids.len() >= count
    });
    enough.await;
}

async fn counted(fleet: &Fleet, sql: &str) -> usize {
    let database = Database::connect(fleet.homes[0].database_url())
        .await
        .unwrap();
    let row = database.query_one_raw(sea_orm::Statement::from_string(
        database.get_database_backend(),
        sql,
    ));
    let counted: i64 = row.await.unwrap().unwrap().try_get("", "n").unwrap();
    database.close().await.unwrap();
    counted.try_into().unwrap()
}
