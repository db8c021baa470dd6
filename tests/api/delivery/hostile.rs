//! Hostile receivers, at the end of the whole way of an event: what they do costs them their own
//! delivery, is named, and costs nobody else anything.

use super::*;
use crate::support::hostile::{
    Hostile,
    deeds::{self, Expected},
};

/// More than one, so that the second proves that the first has given its slot back.
const EVENTS: usize = 2;

/// A subscription that takes one request at a time.
async fn subscribed(app: &TestApp, url: &str) -> SubscriptionId {
    let id = app
        .subscription(OWNER, |row| {
            row.url = Set(url.to_owned());
            row.max_in_flight = Set(1);
        })
        .await;
    app.deliveries.changed(id);
    id
}

/// Lets events meet such receivers, all at the same time, with a good one among them.
async fn meet(all: Vec<Expected>, timeout: &str) {
    let app = TestApp::with(&[
        ("RINGBACK_DELIVERY_TIMEOUT", timeout),
        ("RINGBACK_INSTANCE_TTL", "5m"),
    ])
    .await;
    let good = Receiver::start().await;
    let well = subscribed(&app, &good.url()).await;
    let mut met = Vec::new();
    for expected in all {
        let receiver = Hostile::that(expected.deed.clone()).await;
        let lane = subscribed(&app, &receiver.url()).await;
        met.push((expected, receiver, lane));
    }
    app.tell_apart(EVENTS).await;
    app.deliveries.idle().await;
    let mut complaints = Vec::new();
    for (expected, receiver, lane) in &met {
        let attempts = app.attempts(*lane).await;
        assert_eq!(attempts.len(), EVENTS, "its slot came free again");
        // Whoever does not close is left by us.
        receiver.gone(EVENTS).await;
        for attempt in attempts {
            let hint = attempt.error.unwrap_or_default();
            if attempt.outcome != expected.outcome || !hint.contains(expected.hint) {
                let said = String::from_utf8_lossy(&expected.deed.says);
                let said: String = said.chars().take(60).collect();
                complaints.push(format!(
                    "{said:?}: {} where it should be {} ({}): {hint}",
                    attempt.outcome, expected.outcome, expected.hint
                ));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    assert_eq!(good.requests().len(), EVENTS);
    assert!(app.queued(well).await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn an_answer_without_an_end_is_read_so_far_and_no_further() {
    meet(deeds::floods(), "60s").await;
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_named_for_what_it_is() {
    meet(deeds::nonsense(), "60s").await;
}

#[tokio::test]
async fn a_connection_that_breaks_at_any_point_is_told_by_how_it_broke() {
    meet(deeds::breaks(), "60s").await;
}

#[tokio::test]
async fn who_takes_too_long_is_left_in_time_and_told_what_was_waited_for() {
    meet(deeds::delays(), "1s").await;
}

#[tokio::test]
async fn who_holds_the_line_holds_up_nobody_else() {
    let app = TestApp::with(&[
        ("RINGBACK_DELIVERY_TIMEOUT", "60s"),
        ("RINGBACK_INSTANCE_TTL", "5m"),
    ])
    .await;
    let mut holding = Vec::new();
    for expected in deeds::delays() {
        let receiver = Hostile::that(expected.deed).await;
        let lane = subscribed(&app, &receiver.url()).await;
        holding.push((receiver, lane));
    }
    let good = Receiver::start().await;
    let well = subscribed(&app, &good.url()).await;
    app.tell_apart(5).await;
    good.heard(5).await;
    for (receiver, lane) in &holding {
        assert_eq!(receiver.came(1).await.came, 1, "one request at a time");
        assert!(app.attempts(*lane).await.is_empty(), "it goes on");
    }
    let lanes: Vec<_> = holding.iter().map(|(_, lane)| *lane).collect();
    drop(holding); // they leave, and so the attempts end
    app.deliveries.idle().await;
    assert_eq!(app.attempts(well).await.len(), 5);
    for lane in lanes {
        assert_eq!(app.attempts(lane).await.len(), 5);
    }
    app.finish().await;
}
