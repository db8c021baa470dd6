//! Outages: of a receiver, of the database, of the process that sends.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;

use super::*;
use crate::support::{Away, Reply, as_time_passes};

const CALLS: usize = 20;
const ROUNDS: usize = 15;
const CONNECTIONS_MAX: usize = 8;
/// In an hour of rounds: the first tries, and the probes.
const FAILURES: usize = 5 + 5;

#[tokio::test]
async fn a_receiver_that_was_down_for_an_hour_hears_everything_once_in_order_and_gently() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    receiver.replies([500; FAILURES]);
    let mut told = app.tell_apart(5).await;
    app.deliveries.idle().await;
    let mut calls = Vec::new();
    for _ in 0..CALLS {
        calls.push(app.call_begins().await);
    }
    let mut of_call = HashMap::new();
    for _ in 0..ROUNDS {
        let round: Vec<_> = calls.iter_mut().map(|call| app.next_of(call)).collect();
        let ids = app.tell_all(round).await;
        of_call.extend(ids.iter().zip(&calls).map(|(id, call)| (*id, call.id)));
        told.extend(ids);
        app.after(240 * SECOND).await;
    }
    assert_eq!(receiver.requests().len(), FAILURES, "it is left alone");

    comes_back_gently(&app, &receiver, 360 * SECOND).await;
    app.deliveries.idle().await;
    assert!(app.queued(lane).await.is_empty());
    let came = heard(&receiver).split_off(FAILURES);
    let sorted = |mut ids: Vec<String>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(sorted(came.clone()), sorted(texts(&told)), "each once");
    for call in calls {
        let its_own = |id: &&EventId| of_call.get(*id) == Some(&call.id);
        let expected: Vec<_> = told
            .iter()
            .filter(its_own)
            .map(ToString::to_string)
            .collect();
        let in_turn = came.iter().filter(|id| expected.contains(id)).cloned();
        assert_eq!(in_turn.collect::<Vec<_>>(), expected);
    }
    app.finish().await;
}

/// The next probe succeeds, and after it one, two, four, eight are under way, never more.
async fn comes_back_gently(app: &TestApp, receiver: &Receiver, after: Duration) {
    receiver.replies([200]);
    let (let_go, held): (Vec<_>, Vec<_>) = (0..15).map(|_| Reply::from(200).held()).unzip();
    receiver.replies(held);
    app.advance(after);
    let (mut let_go, mut come) = (let_go.into_iter(), FAILURES + 1);
    for window in [1, 2, 4, 8] {
        come += window;
        assert_eq!(receiver.heard(come).await.len(), come);
        let window = let_go.by_ref().take(window);
        window.for_each(|go| go.send(()).unwrap());
    }
}

#[tokio::test]
async fn what_was_sent_while_the_database_went_away_is_settled_when_it_is_back() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    let (let_go, held): (Vec<_>, Vec<_>) = (0..3).map(|_| Reply::from(200).held()).unzip();
    receiver.replies(held);
    let told = app.tell_apart(3).await;
    receiver.heard(3).await;
    let away = Away::take(&app).await;
    let_go.into_iter().for_each(|go| go.send(()).unwrap());
    let asked = app.app.db.write(|tx| async move {
        tx.execute_unprepared("SELECT 1").await?;
        Ok(())
    });
    asked.await.expect_err("the database is away");
    away.give_back().await;
    as_time_passes(&app.clock, app.deliveries.idle()).await;
    use_up_dead_connections(&app).await;

    assert!(app.queued(lane).await.is_empty(), "nothing is stuck");
    let settled = app.attempts(lane).await;
    assert!(settled.len() == 3 && settled.iter().all(|row| row.r#final));
    let (mut came, mut expected) = (heard(&receiver), texts(&told));
    came.sort_unstable();
    came.dedup(); // what came again came under the same id
    expected.sort_unstable();
    assert_eq!(came, expected);

    let later = app.tell_apart(1).await;
    app.deliveries.idle().await;
    assert_eq!(heard(&receiver).last(), texts(&later).last());
    app.finish().await;
}

/// Those that lay in the pool when the database went away fail the first who reads by them.
async fn use_up_dead_connections(app: &TestApp) {
    for _ in 0..CONNECTIONS_MAX {
        let _ = app.app.db.now_millis().await;
    }
}

#[tokio::test]
async fn a_receiver_that_never_answers_holds_no_stop_up_and_hears_of_it_again() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    receiver.replies([Reply::Silence]);
    let told = app.tell_apart(1).await;
    receiver.heard(1).await;
    let (clock, before) = (app.clock.clone(), app.clock.millis());
    let app = as_time_passes(&clock, app.restart()).await;
    assert!(
        clock.millis() - before >= 15_000,
        "it had its time to answer"
    );

    receiver.heard(2).await;
    app.deliveries.idle().await;
    assert_eq!(heard(&receiver), [texts(&told), texts(&told)].concat());
    assert!(app.queued(lane).await.is_empty());
    app.finish().await;
}
