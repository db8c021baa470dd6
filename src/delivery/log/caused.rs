//! All that one call has caused: its deliveries, to whichever subscriptions.
//!
//! Whatever was tried is found by the events; whatever was not yet is found in
//! the lanes of those who may hear the call, at the places of its events.

use std::collections::{BTreeSet, HashMap};

use entity::{
    DeliveryId, EventId, SubscriptionId,
    calls::Model as Call,
    delivery_attempts::{self as attempts, Column as Attempt},
    delivery_queue::{self as queue, Column as Queued},
    lanes,
    subscriptions::{Column, Entity, Model, SubscriptionScope},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{
    Logged,
    attempts::{of_firsts_to_all, of_replays},
    line::{End, Line},
    list::{lines_of, without_superseded},
    of_call::events_of,
};
use crate::{auth::Scope, error::Result};

/// The latest; a page shows no more.
const EVENTS_MAX: usize = 200;
/// So many, where very many subscriptions have heard of one call.
pub const DELIVERIES_MAX: usize = 500;
/// The newest of those who may hear a call.
const LANES_LOOKED_AT_MAX: u64 = 100;

/// A delivery, and where it goes.
#[derive(Clone, Debug)]
pub struct Caused {
    pub line: Line,
    pub url: String,
}

/// The deliveries of a call within the scope, those of its latest event first.
pub async fn caused(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    call: &Call,
) -> Result<Vec<Caused>> {
    let mut events = events_of(conn, call.id).await?;
    events.truncate(EVENTS_MAX);
    let ends = ends(conn, &events).await?;
    let tried = tried(conn, &events).await?;
    let untried = untried(conn, hearers(conn, scope, call).await?, &events).await?;
    let waiting: Vec<_> = tried.into_iter().chain(untried).collect();

    let named = ends.iter().map(|line| line.subscription_id);
    let named = named.chain(waiting.iter().map(|row| row.subscription_id));
    let subscriptions = within(conn, scope, named.collect()).await?;
    let mut lines = without_superseded(conn, ends).await?;
    for (id, logged) in &subscriptions {
        let theirs = waiting.iter().filter(|row| row.subscription_id == *id);
        lines.extend(lines_of(conn, logged, theirs.cloned().collect()).await?);
    }
    let places: HashMap<EventId, i64> = events.into_iter().collect();
    lines.sort_by_key(|line| {
        let place = places.get(&line.event_id).copied().unwrap_or_default();
        (std::cmp::Reverse(place), line.subscription_id, line.id)
    });
    Ok(lines
        .into_iter()
        .take(DELIVERIES_MAX)
        .filter_map(|line| {
            let url = subscriptions
                .get(&line.subscription_id)?
                .subscription
                .url
                .clone();
            Some(Caused { line, url })
        })
        .collect())
}

async fn ends(conn: &impl ConnectionTrait, events: &[(EventId, i64)]) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for attempts_of in attempts_of(conn, events) {
        let ends: Vec<End> = attempts::Entity::find()
            .filter(attempts_of)
            .filter(Expr::cust("final"))
            .order_by_desc(Attempt::Id)
            .limit(DELIVERIES_MAX as u64)
            .into_partial_model()
            .all(conn)
            .await?;
        lines.extend(ends.into_iter().map(Line::ended));
    }
    Ok(lines)
}

fn attempts_of(conn: &impl ConnectionTrait, events: &[(EventId, i64)]) -> [Condition; 2] {
    let events: Vec<_> = events.iter().map(|(event, _)| *event).collect();
    let firsts = of_firsts_to_all(&events);
    [firsts, of_replays(conn.get_database_backend(), events)]
}

/// What waits to be tried again.
async fn tried(
    conn: &impl ConnectionTrait,
    events: &[(EventId, i64)],
) -> Result<Vec<queue::Model>> {
    let mut ids: Vec<DeliveryId> = Vec::new();
    for attempts_of in attempts_of(conn, events) {
        let tried = attempts::Entity::find()
            .select_only()
            .column(Attempt::DeliveryId)
            .distinct()
            .filter(attempts_of)
            .limit(DELIVERIES_MAX as u64);
        ids.extend(tried.into_tuple::<DeliveryId>().all(conn).await?);
    }
    let rows = queue::Entity::find().filter(Queued::Id.is_in(ids));
    // One that is to be tried from the start stands with the untried.
    Ok(rows.filter(Queued::Attempt.gt(0)).all(conn).await?)
}

async fn untried(
    conn: &impl ConnectionTrait,
    hearers: Vec<SubscriptionId>,
    events: &[(EventId, i64)],
) -> Result<Vec<queue::Model>> {
    let rows = queue::Entity::find()
        .filter(Queued::SubscriptionId.is_in(hearers))
        .filter(Expr::cust("attempt = 0"))
        .filter(Queued::Position.is_in(events.iter().map(|(_, position)| *position)));
    Ok(rows.all(conn).await?)
}

/// Those within the scope who may hear of this call.
async fn hearers(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    call: &Call,
) -> Result<Vec<SubscriptionId>> {
    let of_owner = call.owner.as_deref().map(|owner| Column::Owner.eq(owner));
    let may_hear = Condition::any()
        .add(Column::Scope.eq(SubscriptionScope::All))
        .add_option(of_owner);
    let ids = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(scope.owns(Column::Owner))
        .filter(Column::DeletedAt.is_null())
        .filter(may_hear)
        .order_by_desc(Column::Id)
        .limit(LANES_LOOKED_AT_MAX);
    Ok(ids.into_tuple().all(conn).await?)
}

/// Those that may be seen. What hears everybody's events is for admins alone.
async fn within(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    ids: BTreeSet<SubscriptionId>,
) -> Result<HashMap<SubscriptionId, Logged>> {
    let rows: Vec<Model> = Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope.owns(Column::Owner))
        .all(conn)
        .await?;
    let lanes = lanes::Entity::find()
        .filter(lanes::Column::SubscriptionId.is_in(ids))
        .all(conn)
        .await?;
    let mut lanes: HashMap<_, _> = lanes
        .into_iter()
        .map(|lane| (lane.subscription_id, lane))
        .collect();
    let may_see = |row: &Model| row.scope != SubscriptionScope::All || scope.includes(None);
    let logged = rows.into_iter().filter(may_see).map(|subscription| {
        let lane = lanes.remove(&subscription.id);
        (subscription.id, Logged { subscription, lane })
    });
    Ok(logged.collect())
}
