//! Processes that start at the same moment share what there is to send, and none sends it twice.

use super::*;

const PROCESSES: usize = 3;
const SUBSCRIPTIONS: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_that_start_together_send_each_event_once() {
    let home = home().await;
    if !home.is_on_postgres() {
        return home.leave().await;
    }
    let receiver = Receiver::start().await;
    let first = home.serve();
    for number in 0..SUBSCRIPTIONS {
        subscribe(&first, &format!("{}/{number}", receiver.url())).await;
    }
    first.signal("KILL");
    assert!(!first.wait().0);
    let mut homes = vec![home];
    homes.extend(
        (1..PROCESSES)
            .map(|_| homes[0].beside())
            .collect::<Vec<_>>(),
    );
    let servers = std::thread::scope(|all| {
        let starting: Vec<_> = homes
            .iter()
            .map(|home| all.spawn(|| home.serve()))
            .collect();
        let started = starting.into_iter().map(|server| server.join().unwrap());
        started.collect()
    });
    let mut fleet = Fleet { homes, servers };
    tell(&fleet.speakers(), calls("together", 20)).await;
    let events = 20 * STORY.len() * SUBSCRIPTIONS;
    receiver.heard(events).await;
    fleet.stop();
    assert_eq!(receiver.requests().len(), events);
    fleet.leave().await;
}
