//! What fails is tried again, as the schedule says, and then no more.

use super::*;
use crate::support::Reply;

/// The most that a scheduled wait can become.
fn at_most(seconds: u64) -> Duration {
    Duration::from_millis(seconds * 1_200 + 1)
}

fn at_least(seconds: u64) -> Duration {
    Duration::from_millis(seconds * 800 - 1)
}

/// Patient enough that no breaker opens.
const PATIENT: [(&str, &str); 2] = [
    ("RINGBACK_BREAKER_AFTER", "1000"),
    ("RINGBACK_DEACTIVATE_AFTER", "1000"),
];

#[tokio::test]
async fn the_whole_schedule_is_walked_and_then_it_has_failed() {
    let (app, receiver) = (TestApp::with(&PATIENT).await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    receiver.replies([500; 10]);
    app.tell_apart(1).await;
    app.deliveries.idle().await;
    let hour = 3_600;
    let waits = [
        5,
        300,
        1_800,
        2 * hour,
        5 * hour,
        10 * hour,
        14 * hour,
        20 * hour,
        24 * hour,
    ];
    for (done, wait) in waits.into_iter().enumerate() {
        app.after(at_least(wait)).await;
        assert_eq!(receiver.requests().len(), done + 1, "before {wait} s");
        app.after(at_most(wait) - at_least(wait)).await;
        assert_eq!(receiver.requests().len(), done + 2, "after {wait} s");
    }
    assert!(app.queued(lane).await.is_empty());
    let attempts = app.attempts(lane).await;
    let numbers: Vec<_> = attempts
        .iter()
        .filter_map(|attempt| attempt.attempt)
        .collect();
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    let finals: Vec<_> = attempts.iter().map(|attempt| attempt.r#final).collect();
    assert_eq!(finals.iter().filter(|is_final| **is_final).count(), 1);
    let last = attempts.last().unwrap();
    assert!(last.r#final && last.outcome == "status");
    assert_eq!(app.lane(lane).await.failed_total, 10);
    app.finish().await;
}

#[tokio::test]
async fn a_receiver_that_asks_for_time_gets_it() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    receiver.replies([Reply::with(503, "retry-after: 60\r\n", "")]);
    app.tell_apart(1).await;
    app.deliveries.idle().await;
    let [row] = &app.queued(lane).await[..] else {
        panic!("it waits")
    };
    assert!(row.asked_to_wait);
    assert_eq!((row.attempt, row.steps), (1, 1));
    app.after(59 * SECOND).await;
    assert_eq!(receiver.requests().len(), 1);
    app.after(SECOND).await;
    assert_eq!(receiver.requests().len(), 2);
    assert!(app.queued(lane).await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn a_receiver_that_cannot_be_reached_has_failed_like_any_other() {
    let (app, gone) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &gone).await;
    drop(gone);
    app.tell_apart(1).await;
    app.deliveries.idle().await;
    let attempts = app.attempts(lane).await;
    assert!(
        ["connect", "closed", "reset"].contains(&attempts[0].outcome.as_str()),
        "{attempts:?}"
    );
    assert!(attempts[0].error.is_some() && attempts[0].status_code.is_none());
    assert_eq!(app.queued(lane).await.len(), 1);
    app.finish().await;
}
