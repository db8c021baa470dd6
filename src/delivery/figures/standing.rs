//! What waits just now, for how long, and how the receivers are.

use std::collections::HashMap;

use entity::{
    SubscriptionId, delivery_queue,
    lanes::{self, Column, Entity, LaneState},
    subscriptions,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
    sea_query::{Expr, SelectStatement},
};

use crate::{auth::Scope, error::Result, infra::clock::Millis};

/// Nobody counts further than this.
pub const WAITING_MAX: u64 = 10_000;

/// What was not delivered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// At most [`WAITING_MAX`].
    pub count: u64,
    /// Since when the oldest of them waits.
    pub oldest_at: Option<Millis>,
}

/// How many subscriptions are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct States {
    pub healthy: i64,
    pub failing: i64,
    /// Failing for so long that only probes are sent.
    pub open: i64,
    pub paused: i64,
    pub deactivated: i64,
}

/// A lane's first untried row, and its retries, which are few, each by their
/// own index.
const OLDEST_NEW: &str = "(SELECT q.created_at FROM delivery_queue AS q
     WHERE q.subscription_id = subscriptions.id AND q.attempt = 0
     ORDER BY q.position LIMIT 1)";
const OLDEST_AGAIN: &str = "(SELECT min(q.created_at) FROM delivery_queue AS q
     WHERE q.subscription_id = subscriptions.id AND q.attempt > 0)";

/// A subscription whose receiver needs somebody to look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Troubled {
    pub id: SubscriptionId,
    pub url: String,
    pub lane: lanes::Model,
}

/// Those that are given up, and then those that fail, the longest first.
pub async fn troubled(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    limit: u64,
) -> Result<Vec<Troubled>> {
    let lanes = Entity::find()
        .filter(Column::SubscriptionId.in_subquery(ids(scope)))
        .filter(Column::State.is_in([LaneState::Deactivated, LaneState::Failing]))
        .order_by_asc(Column::State)
        .order_by_desc(Column::ConsecutiveFailures)
        .limit(limit)
        .all(conn)
        .await?;
    let urls: HashMap<SubscriptionId, String> = subscriptions::Entity::find()
        .select_only()
        .columns([subscriptions::Column::Id, subscriptions::Column::Url])
        .filter(subscriptions::Column::Id.is_in(lanes.iter().map(|lane| lane.subscription_id)))
        .into_tuple::<(SubscriptionId, String)>()
        .all(conn)
        .await?
        .into_iter()
        .collect();
    let troubled = |lane: lanes::Model| Troubled {
        id: lane.subscription_id,
        url: urls.get(&lane.subscription_id).cloned().unwrap_or_default(),
        lane,
    };
    Ok(lanes.into_iter().map(troubled).collect())
}

pub async fn waiting(conn: &impl ConnectionTrait, scope: &Scope) -> Result<Waiting> {
    let mut count = 0;
    for which in ["attempt = 0", "attempt > 0"] {
        let rows = delivery_queue::Entity::find()
            .filter(delivery_queue::Column::SubscriptionId.in_subquery(ids(scope)))
            .filter(Expr::cust(which))
            .limit(WAITING_MAX);
        count += rows.count(conn).await?;
    }
    let mut oldest_at = None;
    for which in [OLDEST_NEW, OLDEST_AGAIN] {
        let oldest = mine(scope)
            .select_only()
            .expr_as(Expr::cust(format!("min({which})")), "oldest_at");
        let found: Option<Option<Millis>> = oldest.into_tuple().one(conn).await?;
        oldest_at = [oldest_at, found.flatten()].into_iter().flatten().min();
    }
    Ok(Waiting {
        count: count.min(WAITING_MAX),
        oldest_at,
    })
}

pub async fn states(conn: &impl ConnectionTrait, scope: &Scope) -> Result<States> {
    let state = "CASE WHEN next_probe_at IS NULL THEN state ELSE 'open' END";
    let counts: Vec<(String, i64)> = Entity::find()
        .select_only()
        .expr_as(Expr::cust(state), "kind")
        .expr_as(Expr::cust("count(*)"), "number")
        .filter(Column::SubscriptionId.in_subquery(ids(scope)))
        .group_by(Expr::cust(state))
        .into_tuple()
        .all(conn)
        .await?;
    let mut states = States::default();
    for (state, count) in counts {
        match state.as_str() {
            "healthy" => states.healthy = count,
            "failing" => states.failing = count,
            "open" => states.open = count,
            "paused" => states.paused = count,
            _ => states.deactivated = count,
        }
    }
    Ok(states)
}

fn mine(scope: &Scope) -> Select<subscriptions::Entity> {
    subscriptions::Entity::find()
        .filter(subscriptions::Column::DeletedAt.is_null())
        .filter(scope.owns(subscriptions::Column::Owner))
}

fn ids(scope: &Scope) -> SelectStatement {
    mine(scope)
        .select_only()
        .column(subscriptions::Column::Id)
        .into_query()
}
