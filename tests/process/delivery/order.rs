//! Each call's events come in their sequence, to everybody, whichever process
//! they were told to, and whether it waited before it was sent or not.

use super::*;

const CALLS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_calls_reach_three_receivers_in_sequence() {
    prove(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_they_do_when_three_processes_take_each_calls_events_in_turn() {
    prove(3).await;
}

async fn prove(processes: usize) {
    let Some(fleet) = Fleet::of(processes).await else {
        return;
    };
    let (mut receivers, mut subscriptions) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let receiver = Receiver::start().await;
        let subscribed = subscribe(&fleet.servers[0], &receiver.url()).await;
        let id = subscribed["subscription_id"].as_str().unwrap();
        subscriptions.push(format!("/api/v6/call/webhook/subscriptions/{id}"));
        receivers.push(receiver);
    }
    set_active(&fleet, &subscriptions, false).await;
    tell(&fleet.speakers(), calls("held", CALLS / 2)).await;
    assert!(receivers.iter().all(|it| it.requests().is_empty()));
    let speakers = fleet.speakers();
    tokio::join!(
        set_active(&fleet, &subscriptions, true),
        tell(&speakers, calls("live", CALLS / 2))
    );
    for receiver in &receivers {
        let heard = receiver.heard(CALLS * STORY.len()).await;
        assert_in_sequence(&heard);
        assert_eq!(different(&heard), heard.len(), "something came twice");
        assert_eq!(heard.len(), CALLS * STORY.len());
    }
    fleet.leave().await;
}

async fn set_active(fleet: &Fleet, subscriptions: &[String], is_active: bool) {
    for path in subscriptions {
        let wanted = json!({"is_active": is_active});
        fleet.servers[0].patch(path, ADMIN, &wanted).await;
    }
}
