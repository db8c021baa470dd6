//! Each call's events come in their sequence, to everybody, whichever process
//! they were told to.

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
    let mut receivers = Vec::new();
    for _ in 0..3 {
        let receiver = Receiver::start().await;
        subscribe(&fleet.servers[0], &receiver.url()).await;
        receivers.push(receiver);
    }
    tell(&fleet.speakers(), calls("call", CALLS)).await;
    for receiver in &receivers {
        let heard = receiver.heard(CALLS * STORY.len()).await;
        assert_in_sequence(&heard);
        assert_eq!(different(&heard), heard.len(), "something came twice");
        assert_eq!(heard.len(), CALLS * STORY.len());
    }
    fleet.leave().await;
}
