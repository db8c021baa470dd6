//! Sending one delivery again because somebody asked for it.
//!
//! It keeps its id, its attempts count on, and it has the whole schedule before
//! it again. While its receiver's breaker is open, it is the next probe.

use entity::{
    DeliveryId, EventId,
    delivery_queue::{self as queue, Column as Queued},
    events,
    lanes::{self, LaneState, Model as Lane},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, OnConflict},
};

use super::{
    log::{
        Logged,
        read::{Found, behind},
        status::breaker_is_open,
    },
    queue::rewind::rewind,
};
use crate::{
    auth::Scope,
    error::{Code, Error, Result},
    infra::{clock::Millis, db::Tx},
};

/// Makes a delivery due now, be it waiting or ended; nothing where there is
/// none within the scope.
pub async fn resend(tx: &Tx, scope: &Scope, id: DeliveryId, now: Millis) -> Result<Option<Logged>> {
    let Some(seen) = Found::find(&**tx, scope, id).await? else {
        return Ok(None);
    };
    let lane = locked_lane(tx, &seen.logged).await?;
    assert_sends(&lane)?;
    // What waited before the lock may have ended, and what had ended may wait.
    let Some(found) = Found::find(&**tx, scope, id).await? else {
        return Ok(None);
    };
    if let Some(row) = queue_again(tx, &found, now).await? {
        let insert = queue::Entity::insert(row)
            .on_conflict(OnConflict::column(Queued::Id).do_nothing().to_owned());
        insert.exec_without_returning(&**tx).await?;
        // It may never have been tried: somebody dropped it.
        rewind(tx, lane.subscription_id).await?;
    }
    make_due(tx, &[id], now).await?;
    if breaker_is_open(&lane) {
        probe_with(tx, &found.logged, id, now).await?;
    }
    Ok(Some(found.logged))
}

/// Asks a receiver that fails whether it takes this one, or what of the same call has to go first.
async fn probe_with(tx: &Tx, logged: &Logged, id: DeliveryId, now: Millis) -> Result<()> {
    let row = queue::Entity::find_by_id(id).one(&**tx).await?;
    let first = match &row {
        Some(row) => behind(&**tx, logged, row).await?,
        None => None,
    };
    lanes::Entity::update_many()
        .col_expr(lanes::Column::NextProbeAt, Expr::value(now))
        .col_expr(lanes::Column::NextProbeId, Expr::value(first.unwrap_or(id)))
        .filter(lanes::Column::SubscriptionId.eq(logged.id()))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// The lane of a subscription that is not deleted, held until the commit.
pub(super) async fn locked_lane(tx: &Tx, logged: &Logged) -> Result<Lane> {
    let lane = lanes::Entity::find_by_id(logged.id())
        .lock_exclusive()
        .one(&**tx)
        .await?;
    lane.filter(|_| logged.subscription.deleted_at.is_none())
        .ok_or_else(|| {
            let message = "The subscription is deleted: nothing is sent to it any more.";
            Error::new(Code::Conflict, message)
        })
}

fn assert_sends(lane: &Lane) -> Result<()> {
    let state = match lane.state {
        LaneState::Paused => "paused",
        LaneState::Deactivated => "deactivated",
        LaneState::Healthy | LaneState::Failing => return Ok(()),
    };
    let message = format!(
        "The subscription is {state}: PATCH it with {{\"is_active\":true}}, and what waits is delivered."
    );
    Err(Error::new(Code::Conflict, message))
}

/// The row of a delivery that has ended.
async fn queue_again(tx: &Tx, found: &Found, now: Millis) -> Result<Option<queue::ActiveModel>> {
    let (None, Some(last)) = (&found.waiting, found.attempts.last()) else {
        return Ok(None);
    };
    let attempts = found.attempts.iter().filter_map(|tried| tried.attempt);
    let first = DeliveryId::of(last.subscription_id, last.event_id);
    Ok(Some(queue::ActiveModel {
        id: Set(last.delivery_id),
        subscription_id: Set(last.subscription_id),
        event_id: Set(last.event_id),
        call_id: Set(last.call_id),
        position: Set(position_of(tx, last.event_id).await?),
        attempt: Set(attempts.max().unwrap_or_default()),
        due_at: Set(now),
        replay: Set(last.delivery_id != first),
        created_at: Set(now),
        steps: Set(0),
        asked_to_wait: Set(false),
    }))
}

async fn position_of(tx: &Tx, event: EventId) -> Result<i64> {
    let position = events::Entity::find()
        .select_only()
        .column(events::Column::Position)
        .filter(events::Column::Id.eq(event))
        .into_tuple()
        .one(&**tx)
        .await?;
    position.ok_or_else(|| {
        let message = "Its event is past retention, so there is nothing left to send.";
        Error::new(Code::Conflict, message)
    })
}

/// Gives deliveries in the queue the whole schedule again, from now on.
pub(super) async fn make_due(tx: &Tx, ids: &[DeliveryId], now: Millis) -> Result<()> {
    queue::Entity::update_many()
        .col_expr(Queued::DueAt, Expr::value(now))
        .col_expr(Queued::Steps, Expr::value(0))
        .col_expr(Queued::AskedToWait, Expr::value(false))
        .filter(Queued::Id.is_in(ids.iter().copied()))
        .exec(&**tx)
        .await?;
    Ok(())
}
