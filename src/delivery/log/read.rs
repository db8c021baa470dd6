//! One delivery with all that is known of it: what is sent, every attempt, and
//! why it stands where it stands.

use entity::{
    CallId, DeliveryId, EventId, SubscriptionId,
    delivery_attempts::{self as attempts, Column as Attempt, Model as AttemptRow},
    delivery_queue::{self as queue, Column as Queued, Model as QueueRow},
    events, instances,
    lanes::Model as Lane,
    subscriptions::Ordering,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};

use super::{
    Logged,
    line::{End, Line},
    why::{self, Why},
};
use crate::{
    auth::Scope,
    error::{Error, Result},
    events::log,
    infra::{
        clock::Millis,
        db::Db,
        seal::{Place, Seal},
    },
};

/// The latest of a delivery that somebody has sent again and again.
const ATTEMPTS_MAX: u64 = 200;
const EVENTS_BEFORE_MAX: u64 = 1_000;

/// One attempt, its answer opened.
#[derive(Debug)]
pub struct Tried {
    pub row: AttemptRow,
    /// The beginning of what was answered.
    pub response: Option<Vec<u8>>,
}

/// A delivery in full.
#[derive(Debug)]
pub struct Delivery {
    pub line: Line,
    /// The exact bytes that are sent. Retention may have taken them.
    pub payload: Option<Vec<u8>>,
    /// Oldest first.
    pub tried: Vec<Tried>,
    pub why: Why,
}

/// A delivery as its rows have it, found within a scope.
#[derive(Clone, Debug)]
pub struct Found {
    pub logged: Logged,
    pub waiting: Option<QueueRow>,
    pub attempts: Vec<AttemptRow>,
}

impl Found {
    pub async fn find(
        conn: &impl ConnectionTrait,
        scope: &Scope,
        id: DeliveryId,
    ) -> Result<Option<Self>> {
        let waiting = queue::Entity::find_by_id(id).one(conn).await?;
        let mut attempts = attempts::Entity::find()
            .filter(Attempt::DeliveryId.eq(id))
            .order_by_desc(Attempt::Id)
            .limit(ATTEMPTS_MAX)
            .all(conn)
            .await?;
        attempts.reverse();
        let of_waiting = waiting.as_ref().map(|row| row.subscription_id);
        let of_attempt = attempts.first().map(|row| row.subscription_id);
        let Some(subscription) = of_waiting.or(of_attempt) else {
            return Ok(None);
        };
        let logged = Logged::find(conn, scope, subscription).await?;
        Ok(logged.map(|logged| Self {
            logged,
            waiting,
            attempts,
        }))
    }

    pub fn event(&self) -> Option<EventId> {
        let of_waiting = self.waiting.as_ref().map(|row| row.event_id);
        of_waiting.or(self.attempts.first().map(|row| row.event_id))
    }

    /// How it ended, or how its last attempt went.
    fn last(&self) -> Option<&AttemptRow> {
        let mut latest = self.attempts.iter().rev();
        latest
            .clone()
            .find(|attempt| attempt.r#final)
            .or_else(|| latest.next())
    }
}

/// Opens all of a delivery that was found.
pub async fn in_full(db: &Db, seal: &Seal, found: Found, now: Millis) -> Result<Option<Delivery>> {
    let Some(event) = found.event() else {
        return Ok(None);
    };
    let event = events::Entity::find()
        .filter(events::Column::Id.eq(event))
        .one(db.read())
        .await?;
    let Some((line, why)) = standing(db, &found, now).await? else {
        return Ok(None);
    };
    let payload = event.map(|event| log::open(seal, &event)).transpose()?;
    let tried = found.attempts.into_iter().map(|row| open(seal, row));
    Ok(Some(Delivery {
        line,
        payload,
        tried: tried.collect::<Result<_>>()?,
        why,
    }))
}

/// Where a delivery stands, and why.
pub async fn standing(db: &Db, found: &Found, now: Millis) -> Result<Option<(Line, Why)>> {
    let (logged, lane) = (&found.logged, found.logged.lane.as_ref());
    Ok(match (&found.waiting, found.last()) {
        (Some(row), _) => {
            let kind = kind_of(db.read(), row.event_id).await?;
            let line = Line::waiting(lane, row, kind);
            Some((line, why_it_waits(db, logged, row, now).await?))
        }
        (None, Some(last)) => {
            let mut line = Line::ended(end(last));
            // One that was dropped may have been tried before.
            let tried = found.attempts.iter().filter_map(|tried| tried.attempt);
            line.attempts = tried.max().unwrap_or_default();
            Some((line, why_it_ended(last)))
        }
        (None, None) => None,
    })
}

async fn kind_of(conn: &impl ConnectionTrait, event: EventId) -> Result<String> {
    let kind = events::Entity::find()
        .select_only()
        .column(events::Column::Kind)
        .filter(events::Column::Id.eq(event))
        .into_tuple()
        .one(conn)
        .await?;
    Ok(kind.unwrap_or_default())
}

fn end(row: &AttemptRow) -> End {
    End {
        id: row.id,
        delivery_id: row.delivery_id,
        subscription_id: row.subscription_id,
        event_id: row.event_id,
        call_id: row.call_id,
        kind: row.kind.clone(),
        attempt: row.attempt,
        outcome: row.outcome.clone(),
        status_code: row.status_code,
        error: row.error.clone(),
        created_at: row.created_at,
    }
}

fn why_it_ended(last: &AttemptRow) -> Why {
    why::ended(why::End {
        outcome: &last.outcome,
        attempt: last.attempt,
        status_code: last.status_code,
        error: last.error.as_deref(),
    })
}

async fn why_it_waits(db: &Db, logged: &Logged, row: &QueueRow, now: Millis) -> Result<Why> {
    let waiting = why::Waiting {
        row,
        lane: logged.lane.as_ref(),
        behind: behind(db.read(), logged, row).await?,
        has_sender: has_sender(db, logged.lane.as_ref()).await?,
    };
    Ok(why::waits(waiting, now))
}

/// The first of the call's earlier deliveries that has to go before this one:
/// it was never tried, or, where order is strict, it has not ended.
pub(in crate::delivery) async fn behind(
    conn: &impl ConnectionTrait,
    logged: &Logged,
    row: &QueueRow,
) -> Result<Option<DeliveryId>> {
    let is_strict = logged.subscription.ordering == Ordering::Strict;
    let Some(call) = row.call_id.filter(|_| row.attempt == 0 || is_strict) else {
        return Ok(None);
    };
    let before = deliveries_before(conn, logged.id(), call, row.position).await?;
    let mut waiting = queue::Entity::find()
        .filter(Queued::Id.is_in(before))
        .order_by_asc(Queued::Position);
    if !is_strict {
        waiting = waiting.filter(Expr::cust("attempt = 0"));
    }
    Ok(waiting.one(conn).await?.map(|row| row.id))
}

async fn deliveries_before(
    conn: &impl ConnectionTrait,
    subscription: SubscriptionId,
    call: CallId,
    position: i64,
) -> Result<Vec<DeliveryId>> {
    let before: Vec<EventId> = events::Entity::find()
        .select_only()
        .column(events::Column::Id)
        .filter(events::Column::CallId.eq(call))
        .filter(events::Column::Position.lt(position))
        .order_by_desc(events::Column::Position)
        .limit(EVENTS_BEFORE_MAX)
        .into_tuple()
        .all(conn)
        .await?;
    let ids = before
        .into_iter()
        .map(|event| DeliveryId::of(subscription, event));
    Ok(ids.collect())
}

/// Whether a process that lives owns the lane, by the database's own clock.
async fn has_sender(db: &Db, lane: Option<&Lane>) -> Result<bool> {
    let Some(owner) = lane.and_then(|lane| lane.owner) else {
        return Ok(false);
    };
    let alive = instances::Entity::find_by_id(owner)
        .filter(instances::Column::ExpiresAt.gt(db.now_millis().await?));
    Ok(alive.count(db.read()).await? > 0)
}

fn open(seal: &Seal, row: AttemptRow) -> Result<Tried> {
    let delivery = row.delivery_id;
    let place = Place {
        table: "delivery_attempts",
        column: "response",
        row: delivery.as_bytes(),
    };
    let sealed = row.response.as_ref();
    let opened = sealed.map(|sealed| seal.open(place, &sealed.0)).transpose();
    let response = opened.map_err(Error::internal)?.map(|plain| plain.to_vec());
    Ok(Tried { row, response })
}
