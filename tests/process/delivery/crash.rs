//! A process that is killed at any moment under load: what was answered 200
//! arrives once it is up again, and little of it twice.

use std::collections::{BTreeMap, HashSet};

use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::sync::watch;

use super::*;

const TALKERS: usize = 32;
/// What may have been sent and not yet written down, at each kill.
const REPEATED_MAX: usize = 8 + 512;

type Answered = watch::Sender<Vec<(String, String)>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_arrives_after_every_kill_and_little_of_it_twice() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let (home, receiver) = (home().await, Receiver::start().await);
    let mut server = home.serve();
    subscribe(&server, &receiver.url()).await;

    let answered = Answered::default();
    // On PostgreSQL each round waits until the killed one is believed dead.
    let rounds = if home.is_on_postgres() { 2 } else { 4 };
    for round in 1..=rounds {
        let before = answered.borrow().len();
        let at = before + dice.random_range(1..400);
        talk_until_it_is_killed(server, round, &answered, at).await;
        server = home.serve();
        let heard = arrival(&receiver, &answered).await;
        assert_in_sequence(&heard);
        assert_each_event_has_one_id(&heard);
        let repeated = heard.len() - different(&heard);
        println!(
            "round {round}: {} came, {repeated} of them again",
            heard.len()
        );
        assert!(repeated <= round * REPEATED_MAX, "{repeated} came twice");
    }
    drop(server);
    home.leave().await;
}

/// Kills the server as soon as so many events were answered.
async fn talk_until_it_is_killed(server: Server, round: usize, answered: &Answered, at: usize) {
    let speaker = server.speaker();
    let talkers = (0..TALKERS).map(|talker| talk(&speaker, format!("{round}-{talker}"), answered));
    let kill = async {
        let mut answered = answered.subscribe();
        let enough = answered.wait_for(|answered| answered.len() >= at).await;
        drop(enough.unwrap());
        server.signal("KILL");
    };
    tokio::join!(join_all(talkers), kill);
    assert!(!server.wait().0);
}

/// Tells one call after another until nobody answers.
async fn talk(speaker: &Speaker, name: String, answered: &Answered) {
    for number in 0.. {
        let call = format!("{name}-{number}");
        for (step, status) in HEARD.iter().enumerate() {
            let Ok(answer) = speaker.say(&event(&call, step)).await else {
                return;
            };
            assert_eq!(answer, 200);
            answered.send_modify(|all| all.push((call.clone(), (*status).to_owned())));
        }
    }
}

/// Waits until all that was answered has come.
async fn arrival(receiver: &Receiver, answered: &Answered) -> Vec<Heard> {
    let mut missing: HashSet<_> = answered.borrow().iter().cloned().collect();
    let mut seen = 0;
    let all = receiver.until(|heard| {
        for heard in &heard[seen..] {
            missing.remove(&told(heard));
        }
        seen = heard.len();
        missing.is_empty()
    });
    all.await
}

#[track_caller]
fn assert_each_event_has_one_id(heard: &[Heard]) {
    let mut ids = BTreeMap::new();
    for heard in heard {
        let id = heard.header("x-webhook-id");
        assert_eq!(*ids.entry(told(heard)).or_insert(id), id);
    }
}
