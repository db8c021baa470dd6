//! A lane looks where it left off, and still misses nothing that comes below.

use entity::{events, instances};
use tokio::sync::oneshot;

use super::*;
use crate::support::Receiver;

const WEBHOOK: &str = "/api/v6/call/webhook";

/// The lane has looked up to where the log was firm, which is known after a few audits.
async fn comes_far(app: &TestApp, lane: SubscriptionId) {
    for _ in 0..4 {
        app.after(15 * SECOND).await;
    }
    app.deliveries.wake(lane);
    app.deliveries.idle().await;
}

async fn event(app: &TestApp, id: EventId) -> events::Model {
    let event = events::Entity::find()
        .filter(events::Column::Id.eq(id))
        .one(app.app.db.read())
        .await;
    event.unwrap().unwrap()
}

#[tokio::test]
async fn what_nobody_could_know_of_is_found_by_an_audit_of_all() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    let told = app.tell_apart(2).await;
    app.deliveries.idle().await;
    comes_far(&app, lane).await;
    let first = event(&app, told[0]).await;
    let another = |row: &mut delivery_queue::ActiveModel| {
        row.id = Set(entity::DeliveryId::from_uuid(Uuid::now_v7()));
    };
    app.waits(lane, &first, 0, another).await;
    app.deliveries.wake(lane);
    app.deliveries.idle().await;
    // On PostgreSQL whoever writes to another database of the server holds up how far one may look.
    if !app.app.db.is_postgres() {
        assert_eq!(heard(&receiver).len(), 2, "a look does not begin so low");
    }
    app.after(60 * SECOND).await;
    assert_eq!(heard(&receiver)[2..], texts(&told[..1]));
    app.finish().await;
}

#[tokio::test]
async fn what_is_replayed_is_sent_however_far_the_lane_has_come() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    let told = app.tell_apart(2).await;
    app.deliveries.idle().await;
    comes_far(&app, lane).await;
    let alice = app.user(OWNER).await;
    let path = format!("{WEBHOOK}/subscriptions/{lane}/replay");
    let wish = json!({"since": "2026-01-05T00:00:00Z", "which": "all"});
    let answer = app.post(&path).by(&alice).json(&wish).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    app.deliveries.idle().await;
    assert_eq!(heard(&receiver)[2..], texts(&told));
    app.finish().await;
}

#[tokio::test]
async fn what_was_dropped_untried_is_sent_when_somebody_asks_for_it() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    let old = app.event_of(OWNER, None, "campaign.completed").await;
    let dropped = app.tried(lane, &old, |attempt| {
        attempt.attempt = Set(None);
        attempt.outcome = Set("dropped".to_owned());
        attempt.r#final = Set(true);
    });
    let dropped = dropped.await;
    app.tell_apart(1).await;
    app.deliveries.idle().await;
    comes_far(&app, lane).await;
    let alice = app.user(OWNER).await;
    let path = format!("{WEBHOOK}/deliveries/{dropped}/retry");
    let answer = app.post(&path).by(&alice).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    app.deliveries.idle().await;
    assert_eq!(heard(&receiver)[1..], texts(&[old.id]));
    app.finish().await;
}

/// It drew its place in the log before what was sent meanwhile. On SQLite one writes at a time.
#[tokio::test]
async fn what_is_committed_minutes_late_is_sent_as_soon_as_it_is_there() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    if !app.app.db.is_postgres() {
        return app.finish().await;
    }
    let lane = PLAIN.at(&app, &receiver).await;
    app.tell_apart(1).await;
    app.deliveries.idle().await;
    comes_far(&app, lane).await;

    let late = Told::without_call(app.payload(Kind::CampaignCompleted), Some(OWNER.to_owned()));
    let late_id = late.id;
    let (written, is_written) = oneshot::channel();
    let (may_end, end) = oneshot::channel::<()>();
    let (db, deliveries) = (app.app.db.clone(), app.deliveries.clone());
    let mut once = Some((late, written, end));
    let committing = tokio::spawn(async move {
        let write = db.write(move |tx: Tx| {
            let (late, written, end) = once.take().expect("written once");
            async move {
                let handoff = deliveries.tell(&tx, vec![late]).await?;
                written.send(()).expect("somebody waits for it");
                end.await.expect("it is told to go on");
                Ok(handoff)
            }
        });
        write.await
    });
    is_written.await.unwrap();
    app.tell_apart(1).await;
    app.deliveries.idle().await;
    comes_far(&app, lane).await;
    assert_eq!(heard(&receiver).len(), 2);
    may_end.send(()).unwrap();
    drop(committing.await.unwrap().unwrap());
    app.deliveries.wake(lane);
    app.deliveries.idle().await;
    assert_eq!(heard(&receiver)[2..], texts(&[late_id]));
    app.finish().await;
}

/// On SQLite there is never another.
#[tokio::test]
async fn who_is_alone_seldom_looks_for_what_nobody_told_it_and_beside_another_often() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    if !app.app.db.is_postgres() {
        return app.finish().await;
    }
    let lane = PLAIN.at(&app, &receiver).await;
    app.after(15 * SECOND).await;
    let untold = async || {
        let event = app.event_of(OWNER, None, "campaign.completed").await;
        app.waits(lane, &event, 0, |_| {}).await;
    };
    untold().await;
    app.after(5 * SECOND).await;
    assert_eq!(heard(&receiver).len(), 0, "it is alone");
    app.after(10 * SECOND).await;
    assert_eq!(heard(&receiver).len(), 1);
    let another = Uuid::now_v7();
    app.insert(instances::ActiveModel {
        id: Set(another),
        name: Set("another".to_owned()),
        version: Set("0".to_owned()),
        started_at: Set(0),
        expires_at: Set(i64::MAX),
    })
    .await;
    app.after(SECOND).await;
    untold().await;
    app.after(5 * SECOND).await;
    assert_eq!(heard(&receiver).len(), 2);
    let ends = app.app.db.write(async move |tx| {
        instances::Entity::delete_by_id(another).exec(&*tx).await?;
        Ok(())
    });
    ends.await.unwrap();
    app.finish().await;
}
