//! What a receiver gets, and what is kept of what it answers.

use super::*;
use crate::support::Reply;

#[tokio::test]
async fn an_event_arrives_signed_and_is_settled() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    receiver.replies([Reply::with(200, "", "thanks")]);
    let told = app.tell_apart(1).await;
    app.deliveries.idle().await;

    let [request] = &receiver.requests()[..] else {
        panic!("one delivery")
    };
    request.assert_signed_by(SECRET);
    assert_eq!(request.header("x-webhook-id"), told[0].to_string());
    assert_eq!(request.header("x-webhook-event"), "campaign.completed");
    assert_eq!(request.header("x-webhook-attempt"), "1");
    assert_eq!(request.header("x-own"), "mine");
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.json()["id"], told[0].to_string());

    assert!(app.queued(lane).await.is_empty());
    let [attempt] = &app.attempts(lane).await[..] else {
        panic!("one attempt")
    };
    let outcome = (
        attempt.outcome.as_str(),
        attempt.status_code,
        attempt.attempt,
    );
    assert_eq!(outcome, ("delivered", Some(200), Some(1)));
    assert!(attempt.r#final && attempt.error.is_none());
    let place = Place {
        table: "delivery_attempts",
        column: "response",
        row: attempt.delivery_id.as_bytes(),
    };
    let excerpt = app
        .app
        .seal
        .open(place, &attempt.response.as_ref().unwrap().0);
    assert_eq!(&*excerpt.unwrap(), b"thanks");
    let row = app.lane(lane).await;
    assert_eq!((row.delivered_total, row.failed_total), (1, 0));
    assert_eq!(row.last_success_at, Some(app.clock.millis()));
    app.finish().await;
}

#[tokio::test]
async fn both_secrets_sign_until_the_old_one_has_had_its_time() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let until = app.clock.millis() + 60_000;
    let rotated = Wanted {
        previous_until: Some(until),
        ..PLAIN
    };
    rotated.at(&app, &receiver).await;
    app.tell_apart(1).await;
    app.deliveries.idle().await;
    app.after(60 * SECOND).await;
    app.tell_apart(1).await;
    app.deliveries.idle().await;
    let requests = receiver.requests();
    assert_eq!(
        requests[0]
            .header("webhook-signature")
            .matches("v1,")
            .count(),
        2
    );
    assert!(
        requests[0]
            .header("x-webhook-signature-previous")
            .starts_with("sha256=")
    );
    requests[1].assert_signed_by(SECRET);
    assert_eq!(requests[1].header("x-webhook-signature-previous"), "");
    app.finish().await;
}

#[tokio::test]
async fn what_is_counted_by_the_minute_adds_up() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    receiver.replies([200, 500, 200]);
    for _ in 0..3 {
        app.tell_apart(1).await;
        app.deliveries.idle().await;
    }
    app.after(10 * SECOND).await;
    let minutes = entity::stats_minutes::Entity::find()
        .all(app.app.db.read())
        .await
        .unwrap();
    let [minute] = &minutes[..] else {
        panic!("one minute: {minutes:?}")
    };
    assert_eq!(minute.subscription_id, lane);
    assert_eq!((minute.delivered, minute.failed), (3, 1));
    let late = minute.within_10s + minute.within_60s;
    let soon = minute.within_5ms + minute.within_20ms + minute.within_100ms + minute.within_500ms;
    assert_eq!((soon + minute.within_2s, late, minute.slower), (2, 1, 0));
    app.finish().await;
}

/// What was queued while nobody was there is read when somebody is.
#[tokio::test]
async fn what_others_have_queued_is_found_by_a_wake() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    let mut call = app.call_begins().await;
    let told: Vec<_> = (0..3).map(|_| app.next_of(&mut call)).collect();
    let ids: Vec<_> = told.iter().map(|told| told.id).collect();
    let deliveries = app.deliveries.clone();
    let handoff = app
        .app
        .db
        .write(move |tx: Tx| async move { deliveries.tell(&tx, told).await });
    drop(handoff.await.unwrap());
    app.deliveries.idle().await;
    assert!(receiver.requests().is_empty());
    app.deliveries.wake(lane);
    app.deliveries.idle().await;
    assert_eq!(heard(&receiver), texts(&ids));
    app.finish().await;
}
