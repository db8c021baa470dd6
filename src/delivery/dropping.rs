//! Dropping what waits on a lane: its subscription was deleted, or resumed
//! without what had gathered.
//!
//! Both only mark the lane, however much waits on it, and nothing is sent
//! while the mark is there. The rows are then moved into the history some at a
//! time, each under the lane's lock, so that a send that is still under way is
//! settled either before or not at all.

use std::time::Duration;

use entity::{
    DeliveryId, SubscriptionId,
    delivery_queue::{self as queue, Column as Queued},
    lanes::{Column, Entity, Model as Lane},
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
    let marked: Vec<SubscriptionId> = Entity::find()
        .select_only()
        .column(Column::SubscriptionId)
        .filter(Column::DropBefore.is_not_null())
        .into_tuple()
        .all(app.db.read())
        .await?;
    for subscription in marked {
        while drop_some(app, subscription).await? == Left::More {
            tokio::task::yield_now().await;
        }
        app.hub.ring(Wake::Lane(subscription));
    }
    Ok(())
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
                end(&tx, &lane).await?;
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

/// Takes the mark off, or the lane of a deleted subscription away.
async fn end(tx: &Tx, lane: &Lane) -> Result<()> {
    if lane.drop_before == Some(EVERYTHING) {
        Entity::delete_by_id(lane.subscription_id)
            .exec(&**tx)
            .await?;
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::DropBefore, Expr::value(Option::<Millis>::None))
        .filter(Column::SubscriptionId.eq(lane.subscription_id))
        .exec(&**tx)
        .await?;
    Ok(())
}
