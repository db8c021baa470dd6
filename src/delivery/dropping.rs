//! Dropping what waits on a lane: its subscription was deleted, or resumed
//! without what had gathered.
//!
//! Both only mark the lane, however much waits on it, and nothing is sent
//! while the mark is there. The rows are then moved into the history some at a
//! time, each under the lane's lock, so that a send that is still under way is
//! settled either before or not at all.
//!
//! Whoever records an event may have looked who hears it before a subscription
//! was deleted, and commit after all else was dropped. What is queued then is
//! found by its lane alone, so the lane and its mark stay until nobody can be
//! that late.

use std::time::Duration;

use entity::{
    DeliveryId, SubscriptionId,
    delivery_queue::{self as queue, Column as Queued},
    lanes::{Column, Entity, Model as Lane},
    subscriptions,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
    sea_query::Expr,
};
use tokio_util::sync::CancellationToken;

use super::log::status::DROPPED;
use crate::{
    app::App,
    error::Result,
    infra::{
        clock::Millis,
        db::Tx,
        hub::{Listener, Wake},
    },
};

const ROWS_PER_TRANSACTION: u64 = 500;
/// Whoever marks a lane wakes us; this is only a backstop.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(30);
/// On the lane of a deleted subscription.
const EVERYTHING: Millis = Millis::MAX;
/// No transaction lives as long.
const QUEUED_LATE_MAX: Millis = 60_000;

/// Lanes that something is to be done about: not those of subscriptions that were just deleted, as
/// long as nothing comes late.
const MARKED: &str = "SELECT l.subscription_id
     FROM lanes AS l LEFT JOIN subscriptions AS s ON s.id = l.subscription_id
     WHERE l.drop_before IS NOT NULL
       AND (l.drop_before < $1 OR s.deleted_at IS NULL OR s.deleted_at <= $2
            OR EXISTS (SELECT 1 FROM delivery_queue AS q
                       WHERE q.subscription_id = l.subscription_id AND q.attempt = 0)
            OR EXISTS (SELECT 1 FROM delivery_queue AS q
                       WHERE q.subscription_id = l.subscription_id AND q.attempt > 0))";

const DELETED: &str = "The subscription was deleted before it could be delivered.";
const SKIPPED: &str = "The subscription was resumed with \"skip\".";

/// The worker: drops whenever a lane was marked, until it is stopped.
pub async fn drop_marked(app: App, stop: CancellationToken) -> anyhow::Result<()> {
    let mut hub = app.hub.listen();
    let dropping = async {
        loop {
            drop_once(&app).await?;
            tokio::select! {
                () = app.clock.sleep(LOOK_AT_LEAST_EVERY) => {}
                () = a_change(&mut hub) => {}
            }
        }
    };
    stop.run_until_cancelled(dropping).await.unwrap_or(Ok(()))
}

/// Becomes ready when a subscription has changed.
async fn a_change(hub: &mut Listener) {
    while let Some(wake) = hub.next().await {
        if matches!(wake, Wake::Subscriptions | Wake::All) {
            return;
        }
    }
    // The hub has ended, and so will we.
    std::future::pending::<()>().await;
}

/// Drops all that is marked.
pub async fn drop_once(app: &App) -> Result<()> {
    for subscription in marked(app).await? {
        while drop_some(app, subscription).await? == Left::More {
            tokio::task::yield_now().await;
        }
        app.hub.ring(Wake::Lane(subscription));
    }
    Ok(())
}

async fn marked(app: &App) -> Result<Vec<SubscriptionId>> {
    let (db, now) = (app.db.read(), app.clock.millis());
    let values = [EVERYTHING.into(), (now - QUEUED_LATE_MAX).into()];
    let ask = Statement::from_sql_and_values(db.get_database_backend(), MARKED, values);
    let rows = db.query_all_raw(ask).await?;
    let ids = rows.iter().map(|row| row.try_get("", "subscription_id"));
    Ok(ids.collect::<std::result::Result<_, _>>()?)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    More,
    Nothing,
}

async fn drop_some(app: &App, subscription: SubscriptionId) -> Result<Left> {
    let now = app.clock.millis();
    app.db
        .write(move |tx| async move {
            let lane = Entity::find_by_id(subscription)
                .lock_exclusive()
                .one(&*tx)
                .await?;
            let marked = lane.and_then(|lane| Some((lane.drop_before?, lane)));
            let Some((before, lane)) = marked else {
                return Ok(Left::Nothing);
            };
            let ids = some_of(&tx, subscription, before).await?;
            if ids.is_empty() {
                end(&tx, &lane, now).await?;
                return Ok(Left::Nothing);
            }
            into_history(&tx, &ids, before, now).await?;
            Ok(Left::More)
        })
        .await
}

async fn some_of(tx: &Tx, subscription: SubscriptionId, before: Millis) -> Result<Vec<DeliveryId>> {
    for (of_section, order) in [
        // As the partial indexes have it, word for word.
        ("attempt = 0", Queued::Position),
        ("attempt > 0", Queued::DueAt),
    ] {
        let ids: Vec<DeliveryId> = queue::Entity::find()
            .select_only()
            .column(Queued::Id)
            .filter(Queued::SubscriptionId.eq(subscription))
            .filter(Expr::cust(of_section))
            .filter(Queued::CreatedAt.lte(before))
            .order_by_asc(order)
            .limit(ROWS_PER_TRANSACTION)
            .into_tuple()
            .all(&**tx)
            .await?;
        if !ids.is_empty() {
            return Ok(ids);
        }
    }
    Ok(Vec::new())
}

/// Ends deliveries without an attempt. What retention has taken the event of
/// leaves no trace.
async fn into_history(tx: &Tx, ids: &[DeliveryId], before: Millis, now: Millis) -> Result<()> {
    let why = match before {
        EVERYTHING => DELETED,
        _ => SKIPPED,
    };
    let places: Vec<_> = (4..4 + ids.len()).map(|at| format!("${at}")).collect();
    let sql = format!(
        "INSERT INTO delivery_attempts \
             (delivery_id, subscription_id, event_id, call_id, kind, outcome, error, final, created_at) \
         SELECT q.id, q.subscription_id, q.event_id, q.call_id, e.kind, $1, $2, true, $3 \
         FROM delivery_queue AS q JOIN events AS e ON e.id = q.event_id WHERE q.id IN ({})",
        places.join(", ")
    );
    let mut values = vec![DROPPED.into(), why.into(), now.into()];
    values.extend(ids.iter().map(|id| id.uuid().into()));
    let backend = tx.get_database_backend();
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values))
        .await?;
    queue::Entity::delete_many()
        .filter(Queued::Id.is_in(ids.iter().copied()))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Takes the mark off, or the lane of a deleted subscription away once nothing more can come.
async fn end(tx: &Tx, lane: &Lane, now: Millis) -> Result<()> {
    if lane.drop_before == Some(EVERYTHING) {
        if !was_just_deleted(tx, lane.subscription_id, now).await? {
            Entity::delete_by_id(lane.subscription_id)
                .exec(&**tx)
                .await?;
        }
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::DropBefore, Expr::value(Option::<Millis>::None))
        .filter(Column::SubscriptionId.eq(lane.subscription_id))
        .exec(&**tx)
        .await?;
    Ok(())
}

async fn was_just_deleted(tx: &Tx, subscription: SubscriptionId, now: Millis) -> Result<bool> {
    let deleted_at: Option<Option<Millis>> = subscriptions::Entity::find_by_id(subscription)
        .select_only()
        .column(subscriptions::Column::DeletedAt)
        .into_tuple()
        .one(&**tx)
        .await?;
    Ok(deleted_at
        .flatten()
        .is_some_and(|at| now - at < QUEUED_LATE_MAX))
}
