//! What waits for what.

use ringback::delivery::dropping;

use super::*;
use crate::support::Reply;

#[tokio::test]
async fn a_calls_events_come_one_after_another_and_calls_side_by_side() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    PLAIN.at(&app, &receiver).await;
    let (let_go, held) = Reply::from(200).held();
    receiver.replies([held]);
    let mut first = app.call_begins().await;
    let slow = app.tell(&mut first, 3).await;
    receiver.heard(1).await;
    let mut second = app.call_begins().await;
    let fast = app.tell(&mut second, 2).await;
    receiver.heard(3).await;
    assert_eq!(heard(&receiver), texts(&[slow[0], fast[0], fast[1]]));
    let_go.send(()).unwrap();
    app.deliveries.idle().await;
    assert_eq!(heard(&receiver)[3..], texts(&slow[1..]));
    app.finish().await;
}

#[tokio::test]
async fn a_retry_holds_nothing_back() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    PLAIN.at(&app, &receiver).await;
    receiver.replies([500]);
    let mut call = app.call_begins().await;
    let told = app.tell(&mut call, 2).await;
    app.deliveries.idle().await;
    assert_eq!(heard(&receiver), texts(&told));
    app.after(7 * SECOND).await;
    assert_eq!(heard(&receiver)[2..], texts(&told[..1]));
    assert_eq!(receiver.requests()[2].header("x-webhook-attempt"), "2");
    app.finish().await;
}

#[tokio::test]
async fn under_a_strict_order_a_call_waits_for_its_oldest_and_other_calls_do_not() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let strict = Wanted {
        ordering: Ordering::Strict,
        ..PLAIN
    };
    strict.at(&app, &receiver).await;
    receiver.replies([500]);
    let mut call = app.call_begins().await;
    let mut told = app.tell(&mut call, 2).await;
    app.deliveries.idle().await;
    told.extend(app.tell(&mut call, 1).await);
    let mut other = app.call_begins().await;
    let others = app.tell(&mut other, 2).await;
    app.deliveries.idle().await;
    assert_eq!(heard(&receiver), texts(&[told[0], others[0], others[1]]));
    app.after(7 * SECOND).await;
    assert_eq!(heard(&receiver)[3..], texts(&told));
    app.finish().await;
}

#[tokio::test]
async fn under_a_strict_order_nothing_waits_for_what_was_dropped() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let strict = Wanted {
        ordering: Ordering::Strict,
        ..PLAIN
    };
    let lane = strict.at(&app, &receiver).await;
    receiver.replies([500]);
    let mut call = app.call_begins().await;
    app.tell(&mut call, 1).await;
    app.deliveries.idle().await;
    let alice = app.user(OWNER).await;
    let path = format!("/api/v6/call/webhook/subscriptions/{lane}");
    for change in [
        json!({"is_active": false}),
        json!({"is_active": true, "resume": "skip"}),
    ] {
        let answer = app.ask("PATCH", &path).by(&alice).json(&change).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        app.deliveries.idle().await;
    }
    dropping::drop_once(&app.app).await.unwrap();
    let told = app.tell(&mut call, 2).await;
    app.deliveries.idle().await;
    assert_eq!(heard(&receiver)[1..], texts(&told));
    app.finish().await;
}
