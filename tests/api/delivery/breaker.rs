//! A receiver that fails is left alone, asked now and then, and given up.

use entity::lanes::LaneState;

use super::*;

const FIVE: [u16; 5] = [500; 5];

/// Five failures in a row.
async fn break_it(app: &TestApp, receiver: &Receiver) -> Vec<EventId> {
    receiver.replies(FIVE);
    let told = app.tell_apart(5).await;
    app.deliveries.idle().await;
    assert_eq!(receiver.requests().len(), 5);
    told
}

#[tokio::test]
async fn after_five_failures_what_is_due_is_held_and_one_probe_goes_at_a_time() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    let told = break_it(&app, &receiver).await;
    let row = app.lane(lane).await;
    let next_probe = row.next_probe_at.unwrap() - app.clock.millis();
    assert_eq!(
        (row.state, row.consecutive_failures, next_probe),
        (LaneState::Failing, 5, 10_000)
    );
    let held = app.tell_apart(20).await;
    app.deliveries.idle().await;
    assert_eq!(receiver.requests().len(), 5);

    receiver.replies([500]);
    app.after(9_999 * SECOND / 1_000).await;
    assert_eq!(receiver.requests().len(), 5);
    app.after(SECOND / 1_000).await;
    // The first retry is due by now and older than anything held.
    assert_eq!(heard(&receiver)[5], told[0].to_string());
    let probed = &app.queued(lane).await[0];
    assert_eq!((probed.attempt, probed.steps), (2, 1));
    assert_eq!(app.lane(lane).await.probes, 1);

    app.after(30 * SECOND).await;
    assert_eq!(app.lane(lane).await.state, LaneState::Healthy);
    assert!(app.queued(lane).await.is_empty());
    let all = heard(&receiver);
    assert_eq!(all[6], told[0].to_string());
    let mut rest = all[7..].to_vec();
    rest.sort_unstable();
    let mut expected = texts(&[&told[1..], &held].concat());
    expected.sort_unstable();
    assert_eq!(rest, expected);
    app.finish().await;
}

#[tokio::test]
async fn a_success_lets_the_backlog_go_in_ones_twos_and_fours() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    PLAIN.at(&app, &receiver).await;
    break_it(&app, &receiver).await;
    app.tell_apart(20).await;
    app.deliveries.idle().await;
    let mut windows = Vec::new();
    receiver.replies([200]);
    let holds: Vec<_> = (0..15)
        .map(|_| crate::support::Reply::from(200).held())
        .collect();
    let (let_go, held): (Vec<_>, Vec<_>) = holds.into_iter().unzip();
    receiver.replies(held);
    app.advance(10 * SECOND);
    let mut let_go = let_go.into_iter();
    let mut before = 6;
    for window in [1, 2, 4, 8] {
        receiver.heard(before + window).await;
        windows.push(receiver.requests().len() - before);
        before += window;
        let_go
            .by_ref()
            .take(window)
            .for_each(|go| go.send(()).unwrap());
    }
    assert_eq!(windows, [1, 2, 4, 8]);
    app.deliveries.idle().await;
    app.finish().await;
}

#[tokio::test]
async fn hours_of_failed_probes_give_a_subscription_up_and_tell_its_owner() {
    let (app, receiver, other) = (
        TestApp::spawn().await,
        Receiver::start().await,
        Receiver::start().await,
    );
    let lane = PLAIN.at(&app, &receiver).await;
    let told = Wanted {
        events: &[Kind::SubscriptionDeactivated],
        ..PLAIN
    };
    told.at(&app, &other).await;
    break_it(&app, &receiver).await;
    receiver.replies([500; 10]);
    for wait in [10, 30, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800] {
        app.after(wait * SECOND).await;
    }
    assert_eq!(receiver.requests().len(), 15);
    let row = app.lane(lane).await;
    assert_eq!(
        (row.state, row.consecutive_failures),
        (LaneState::Deactivated, 15)
    );
    assert_eq!(
        (row.deactivated_at, row.next_probe_at),
        (Some(app.clock.millis()), None)
    );
    let [event] = &other.requests()[..] else {
        panic!("its owner is told once")
    };
    let event = event.json();
    assert_eq!(event["event"], "subscription.deactivated");
    assert_eq!(event["data"]["subscription_id"], lane.to_string());
    assert_eq!(event["data"]["failures"], 15);
    assert_eq!(app.queued(lane).await.len(), 5);
    app.after(1_000_000 * SECOND).await;
    assert_eq!(receiver.requests().len(), 15);
    app.finish().await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_given_up_at_once_and_nothing_is_lost() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    receiver.replies([410]);
    app.tell_apart(1).await;
    app.deliveries.idle().await;
    app.tell_apart(2).await;
    app.after(100_000 * SECOND).await;
    let row = app.lane(lane).await;
    assert_eq!(
        (row.state, row.consecutive_failures),
        (LaneState::Deactivated, 0)
    );
    assert!(row.deactivated_reason.unwrap().contains("410"));
    let waiting: Vec<_> = app
        .queued(lane)
        .await
        .iter()
        .map(|row| (row.attempt, row.steps))
        .collect();
    assert_eq!(waiting, [(1, 0), (0, 0), (0, 0)]);
    assert_eq!(receiver.requests().len(), 1);
    app.finish().await;
}
