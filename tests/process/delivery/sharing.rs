//! Two processes on one database send for their share of the subscriptions
//! each, and the one that is left sends for all.

use std::collections::HashSet;

use super::*;

const SUBSCRIPTIONS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_send_a_quarter_each_at_least_and_one_takes_over_the_others() {
    let Some(mut fleet) = Fleet::of(2).await else {
        return;
    };
    let receiver = Receiver::start().await;
    for number in 0..SUBSCRIPTIONS {
        let url = format!("{}/{number}", receiver.url());
        subscribe(&fleet.servers[0], &url).await;
    }

    let mut expected = 0;
    while !each_has_sent(&fleet, expected.max(1) / 4).await {
        tell(&fleet.speakers(), [format!("shared-{expected}")]).await;
        expected += STORY.len() * SUBSCRIPTIONS;
        receiver.heard(expected).await;
    }
    let heard = receiver.requests();
    assert_eq!((heard.len(), arrived(&heard).len()), (expected, expected));

    let killed = fleet.servers.remove(1);
    killed.signal("KILL");
    assert!(!killed.wait().0);
    tell(&fleet.speakers(), calls("taken-over", 10)).await;
    expected += 10 * STORY.len() * SUBSCRIPTIONS;
    let mut all = HashSet::new();
    let mut seen = 0;
    let is_all = receiver.until(|heard| {
        all.extend(arrived(&heard[seen..]));
        seen = heard.len();
        all.len() == expected
    });
    is_all.await;
    fleet.leave().await;
}

/// Which event came to which subscription.
fn arrived(heard: &[Heard]) -> HashSet<(String, String)> {
    let arrived = heard.iter().map(|heard| {
        let id = heard.header("x-webhook-id").to_owned();
        (heard.path.clone(), id)
    });
    arrived.collect()
}

async fn each_has_sent(fleet: &Fleet, least: usize) -> bool {
    for server in &fleet.servers {
        if delivered_by(server).await <= least {
            return false;
        }
    }
    true
}

async fn delivered_by(server: &Server) -> usize {
    let metrics = server.read("/metrics").await;
    let name = r#"ringback_deliveries_total{outcome="delivered"} "#;
    let mut lines = metrics.lines();
    let count = lines.find_map(|line| line.strip_prefix(name));
    count.map_or(0, |count| count.parse().unwrap())
}
