//! Lanes that are switched off, and on again.

use entity::lanes::LaneState;
use sea_orm::{ActiveModelTrait, IntoActiveModel};

use super::*;

async fn switch(app: &TestApp, lane: SubscriptionId, state: LaneState) {
    let mut row = app.lane(lane).await.into_active_model();
    row.state = Set(state);
    row.consecutive_failures = Set(0);
    row.next_probe_at = Set(None);
    let write = app.app.db.write(|tx: Tx| async move {
        row.update(&*tx).await?;
        bump(&tx).await?;
        Ok(())
    });
    write.await.unwrap();
    app.deliveries.changed(lane);
    app.deliveries.idle().await;
}

#[tokio::test]
async fn what_comes_during_a_pause_is_sent_after_it() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    switch(&app, lane, LaneState::Paused).await;
    let mut call = app.call_begins().await;
    let told = app.tell(&mut call, 4).await;
    app.after(1_000 * SECOND).await;
    assert!(receiver.requests().is_empty());
    switch(&app, lane, LaneState::Healthy).await;
    assert_eq!(heard(&receiver), texts(&told));
    app.finish().await;
}

#[tokio::test]
async fn while_something_is_dropped_nothing_is_sent() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    for (drop_before, expected) in [(Some(1), 0), (None, 2)] {
        let mut row = app.lane(lane).await.into_active_model();
        row.drop_before = Set(drop_before);
        let write = app.app.db.write(|tx: Tx| async move {
            row.update(&*tx).await?;
            Ok(())
        });
        write.await.unwrap();
        app.deliveries.wake(lane);
        app.deliveries.idle().await;
        app.tell_apart(1).await;
        app.deliveries.idle().await;
        assert_eq!(receiver.requests().len(), expected);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_deleted_subscription_is_sent_nothing_more() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    let mut call = app.call_begins().await;
    receiver.replies([500]);
    app.tell(&mut call, 1).await;
    app.deliveries.idle().await;
    let row = subscriptions::Entity::find_by_id(lane)
        .one(app.app.db.read())
        .await;
    let mut row = row.unwrap().unwrap().into_active_model();
    row.deleted_at = Set(Some(app.clock.millis()));
    let write = app.app.db.write(|tx: Tx| async move {
        row.epoch = Set(bump(&tx).await?);
        row.update(&*tx).await?;
        Ok(())
    });
    write.await.unwrap();
    app.deliveries.changed(lane);
    app.deliveries.idle().await;
    app.after(100 * SECOND).await;
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!(app.queued(lane).await.len(), 1);
    app.finish().await;
}
