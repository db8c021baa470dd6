//! Whose lanes are whose, and what becomes of them when somebody dies.

use entity::instances;
use sea_orm::{ActiveModelTrait, IntoActiveModel, sea_query::Expr};

use super::*;
use crate::support::Reply;

async fn give_to(app: &TestApp, owner: Uuid) {
    let write = app.app.db.write(move |tx: Tx| async move {
        lanes::Entity::update_many()
            .col_expr(lanes::Column::Owner, Expr::value(owner))
            .col_expr(lanes::Column::OwnedAt, Expr::value(1_i64))
            .exec(&*tx)
            .await?;
        Ok(())
    });
    write.await.unwrap();
}

async fn instances(app: &TestApp) -> Vec<instances::Model> {
    instances::Entity::find()
        .all(app.app.db.read())
        .await
        .unwrap()
}

#[tokio::test]
async fn what_waited_when_it_stopped_is_sent_when_it_starts() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    receiver.replies([500]);
    let mut call = app.call_begins().await;
    let mut told = app.tell(&mut call, 1).await;
    app.deliveries.idle().await;
    let untold: Vec<_> = (0..3).map(|_| app.next_of(&mut call)).collect();
    told.extend(untold.iter().map(|told| told.id));
    let deliveries = app.deliveries.clone();
    let write = app
        .app
        .db
        .write(move |tx: Tx| async move { deliveries.tell(&tx, untold).await });
    drop(write.await.unwrap());

    let app = app.restart().await;
    app.deliveries.idle().await;
    assert_eq!(heard(&receiver), texts(&told));
    app.after(7 * SECOND).await;
    assert_eq!(heard(&receiver)[4..], texts(&told[..1]));
    assert!(app.queued(lane).await.is_empty());
    app.finish().await;
}

/// As after a commit whose answer was lost: its rows are there, and were handed to nobody.
#[tokio::test]
async fn what_was_committed_unheard_is_sent_without_a_restart() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    let mut call = app.call_begins().await;
    let unheard = app.next_of(&mut call);
    let (event, deliveries) = (unheard.id, app.deliveries.clone());
    let write = app
        .app
        .db
        .write(move |tx: Tx| async move { deliveries.tell(&tx, vec![unheard]).await });
    drop(write.await.unwrap());
    app.after(15 * SECOND).await;
    assert_eq!(heard(&receiver), [event.to_string()]);
    assert!(app.queued(lane).await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn a_stopped_server_owns_nothing() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    let owner = app.lane(lane).await.owner;
    assert_eq!(owner, Some(instances(&app).await[0].id));
    let app = app.restart().await;
    app.deliveries.idle().await;
    assert_ne!(app.lane(lane).await.owner, owner);
    app.finish().await;
}

/// Its first events find nobody yet to be handed to, and the next ones may find the lane.
#[tokio::test]
async fn what_is_told_while_a_lane_is_being_taken_is_sent_in_order() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    for round in 0..40 {
        let wanted = Wanted {
            owner: &format!("owner-{round}"),
            ..PLAIN
        };
        wanted.at_once(&app, &receiver).await;
        let mut call = app.call_begins().await;
        let mut told = Vec::new();
        for _ in 0..6 {
            let next = Told {
                owner: Some(wanted.owner.to_owned()),
                ..app.next_of(&mut call)
            };
            told.extend(app.tell_all(vec![next]).await);
        }
        app.deliveries.idle().await;
        assert_eq!(heard(&receiver)[round * 6..], texts(&told), "{round}");
    }
    app.finish().await;
}

/// Somebody else has the lane by now, and may be sending the same.
#[tokio::test]
async fn a_result_that_comes_after_the_lane_was_lost_changes_nothing() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    let (let_go, held) = Reply::from(200).held();
    receiver.replies([held]);
    app.tell_apart(1).await;
    receiver.heard(1).await;
    give_to(&app, Uuid::now_v7()).await;
    let_go.send(()).unwrap();
    app.deliveries.idle().await;
    assert!(app.attempts(lane).await.is_empty());
    assert_eq!(app.queued(lane).await.len(), 1);
    assert_eq!(app.lane(lane).await.delivered_total, 0);
    app.finish().await;
}

/// A delivery that was dealt with meanwhile is not dealt with twice.
#[tokio::test]
async fn a_result_of_a_row_that_is_gone_adds_no_attempt() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let lane = PLAIN.at(&app, &receiver).await;
    let (let_go, held) = Reply::from(200).held();
    receiver.replies([held]);
    app.tell_apart(1).await;
    receiver.heard(1).await;
    let write = app.app.db.write(|tx: Tx| async move {
        delivery_queue::Entity::delete_many().exec(&*tx).await?;
        Ok(())
    });
    write.await.unwrap();
    let_go.send(()).unwrap();
    app.deliveries.idle().await;
    assert!(app.attempts(lane).await.is_empty());
    // The lane goes on.
    app.tell_apart(1).await;
    app.deliveries.idle().await;
    assert_eq!(app.lane(lane).await.delivered_total, 1);
    app.finish().await;
}

#[tokio::test]
async fn the_lanes_of_the_dead_are_taken_and_those_of_the_living_are_not() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    if !app.app.db.is_postgres() {
        return app.finish().await;
    }
    let lane = PLAIN.at(&app, &receiver).await;
    let mut other = instances(&app).await.remove(0).into_active_model();
    let id = Uuid::now_v7();
    other.id = Set(id);
    let write = app.app.db.write(|tx: Tx| async move {
        instances::Entity::insert(other)
            .exec_without_returning(&*tx)
            .await?;
        Ok(())
    });
    write.await.unwrap();
    give_to(&app, id).await;
    app.after(5 * SECOND).await;
    app.tell_apart(1).await;
    app.after(5 * SECOND).await;
    assert!(receiver.requests().is_empty());

    expire(&app, id).await;
    app.after(SECOND).await;
    assert_eq!(receiver.requests().len(), 1);
    assert_ne!(app.lane(lane).await.owner, Some(id));
    let write = app.app.db.write(move |tx: Tx| async move {
        instances::Entity::delete_by_id(id).exec(&*tx).await?;
        Ok(())
    });
    write.await.unwrap();
    app.finish().await;
}

async fn expire(app: &TestApp, id: Uuid) {
    let row = instances::Entity::find_by_id(id)
        .one(app.app.db.read())
        .await;
    let mut row = row.unwrap().unwrap().into_active_model();
    row.expires_at = Set(1);
    let write = app.app.db.write(|tx: Tx| async move {
        row.update(&*tx).await?;
        Ok(())
    });
    write.await.unwrap();
}

#[tokio::test]
async fn a_process_that_was_silent_for_too_long_begins_again_under_a_new_id() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    if !app.app.db.is_postgres() {
        return app.finish().await;
    }
    let lane = PLAIN.at(&app, &receiver).await;
    let before = app.lane(lane).await.owner.unwrap();
    expire(&app, before).await;
    app.membership.beat_once(&app.app).await.unwrap();
    app.after(SECOND).await;
    let owner = app.lane(lane).await.owner;
    assert!(owner.is_some() && owner != Some(before));
    app.tell_apart(1).await;
    app.deliveries.idle().await;
    assert_eq!(receiver.requests().len(), 1);
    expired_rows_go(&app).await;
    app.finish().await;
}

async fn expired_rows_go(app: &TestApp) {
    let write = app.app.db.write(|tx: Tx| async move {
        instances::Entity::delete_many()
            .filter(instances::Column::ExpiresAt.eq(1))
            .exec(&*tx)
            .await?;
        Ok(())
    });
    write.await.unwrap();
}

/// Of another process nothing is there but its row: it takes nothing.
#[tokio::test]
async fn what_was_let_go_for_another_is_not_taken_back_before_it_had_the_time_to_take_it() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    if !app.app.db.is_postgres() {
        return app.finish().await;
    }
    let lanes = [
        PLAIN.at(&app, &receiver).await,
        PLAIN.at(&app, &receiver).await,
    ];
    let mut another = instances(&app).await.remove(0);
    another.id = Uuid::now_v7();
    let id = another.id;
    app.insert(another.into_active_model()).await;
    app.after(SECOND).await;
    for round in 1..=3 {
        app.tell_apart(1).await;
        app.deliveries.idle().await;
        let mut owned = 0;
        for lane in lanes {
            owned += usize::from(app.lane(lane).await.owner.is_some());
        }
        let expected = if round < 3 { (1, round) } else { (2, 6) };
        assert_eq!((owned, receiver.requests().len()), expected, "{round}");
        app.after(SECOND).await;
    }
    let write = app.app.db.write(move |tx: Tx| async move {
        instances::Entity::delete_by_id(id).exec(&*tx).await?;
        Ok(())
    });
    write.await.unwrap();
    app.finish().await;
}

#[tokio::test]
async fn two_servers_share_the_lanes_and_each_event_arrives_once() {
    let (first, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let Some(second) = first.beside(&[]).await else {
        return first.finish().await;
    };
    let mut lanes = Vec::new();
    for _ in 0..4 {
        lanes.push(PLAIN.at(&first, &receiver).await);
    }
    for _ in 0..3 {
        first.after(SECOND).await;
        second.deliveries.idle().await;
    }
    let mut owners: Vec<_> = Vec::new();
    for lane in &lanes {
        owners.extend(first.lane(*lane).await.owner);
    }
    owners.sort_unstable();
    let halves = owners.chunk_by(|one, other| one == other).map(<[_]>::len);
    assert_eq!(halves.collect::<Vec<_>>(), [2, 2]);

    let mut call = first.call_begins().await;
    let told = first.tell(&mut call, 5).await;
    receiver.heard(20).await;
    first.deliveries.idle().await;
    second.deliveries.idle().await;
    let requests = receiver.requests();
    assert_eq!(requests.len(), 20);
    for lane in &lanes {
        let path = format!("/hook/{}", lane.uuid().simple());
        let of_lane = requests.iter().filter(|request| request.path == path);
        let ids: Vec<_> = of_lane
            .map(|request| request.header("x-webhook-id").to_owned())
            .collect();
        assert_eq!(ids, texts(&told));
    }
    second.finish().await;
    first.finish().await;
}
