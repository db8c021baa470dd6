//! Subscriptions in the database, each with its lane.
//!
//! Whoever changes one takes its lane first, then the epoch, then its row:
//! the order in which everybody takes them. The epoch is one row, so changes
//! come one after the other, and what is looked up after it was raised stays
//! so until the commit.

use std::collections::HashMap;

use entity::{
    SubscriptionId, lanes,
    subscriptions::{Column, Entity, Model},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, SqlErr, Statement,
};

use super::{
    glance::Glance,
    index::bump,
    known::{Known, WAITING_COUNTED_MAX},
};
use crate::{
    auth::Scope,
    error::{Code, Error, Result},
    infra::{db::Tx, page::Page},
};

fn within(scope: &Scope) -> Select<Entity> {
    Entity::find()
        .filter(scope.owns(Column::Owner))
        .filter(Column::DeletedAt.is_null())
}

pub async fn find(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    id: SubscriptionId,
) -> Result<Option<Model>> {
    Ok(within(scope).filter(Column::Id.eq(id)).one(conn).await?)
}

/// The one that sends there.
pub async fn find_at(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    url: &str,
) -> Result<Option<Model>> {
    Ok(within(scope).filter(Column::Url.eq(url)).one(conn).await?)
}

/// The same, taken for a change, after the epoch was raised.
pub(super) async fn lock_at(tx: &Tx, scope: &Scope, url: &str) -> Result<Option<Model>> {
    let row = within(scope).filter(Column::Url.eq(url)).lock_exclusive();
    Ok(row.one(&**tx).await?)
}

pub(super) async fn count(conn: &impl ConnectionTrait, scope: &Scope) -> Result<u64> {
    Ok(within(scope).count(conn).await?)
}

/// A page of the subscriptions within the scope, newest first: all, or those that look so.
pub async fn list(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    page: &Page,
    glance: Option<Glance>,
) -> Result<(Vec<Known>, Option<String>)> {
    let mut query = within(scope)
        .order_by_desc(Column::Id)
        .limit(page.rows_to_read());
    if let Some(glance) = glance {
        query = query.filter(glance.is_of_row());
    }
    if let Some(before) = page.before {
        query = query.filter(Column::Id.lt(SubscriptionId::from_uuid(before)));
    }
    let mut rows = query.all(conn).await?;
    let next_cursor = page.cut(&mut rows, |row| row.id.uuid());
    Ok((known(conn, rows).await?, next_cursor))
}

/// The newest within the scope, each by its id and its address.
pub async fn addresses(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    limit: u64,
) -> Result<Vec<(SubscriptionId, String)>> {
    let newest = within(scope)
        .select_only()
        .columns([Column::Id, Column::Url])
        .order_by_desc(Column::Id)
        .limit(limit);
    Ok(newest.into_tuple().all(conn).await?)
}

/// One of them, and how its receiver is.
pub async fn read(conn: &impl ConnectionTrait, scope: &Scope, id: SubscriptionId) -> Result<Known> {
    let row = find(conn, scope, id).await?.ok_or_else(no_such)?;
    one_known(conn, row).await
}

/// Takes a subscription and its lane for a change. The epoch comes with it,
/// raised, in the row.
pub(super) async fn lock(
    tx: &Tx,
    scope: &Scope,
    id: SubscriptionId,
) -> Result<(Model, lanes::Model)> {
    find(&**tx, scope, id).await?.ok_or_else(no_such)?;
    let lane = lanes::Entity::find_by_id(id).lock_exclusive();
    let lane = lane.one(&**tx).await?.ok_or_else(no_such)?;
    let epoch = bump(tx).await?;
    let row = within(scope).filter(Column::Id.eq(id)).lock_exclusive();
    let row = row.one(&**tx).await?.ok_or_else(no_such)?;
    Ok((Model { epoch, ..row }, lane))
}

pub(super) async fn save(tx: &Tx, row: Model) -> Result<Model> {
    let saved = row.into_active_model().reset_all().update(&**tx).await;
    saved.map_err(|error| match is_taken(&error) {
        true => taken(),
        false => error.into(),
    })
}

pub(super) async fn save_lane(tx: &Tx, lane: lanes::Model) -> Result<lanes::Model> {
    Ok(lane.into_active_model().reset_all().update(&**tx).await?)
}

fn is_taken(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

fn taken() -> Error {
    let message = "Another subscription of the same owner has this webhook_url: change that one, \
                   or delete it first.";
    Error::new(Code::Conflict, message)
}

/// Not there, deleted, or somebody else's.
pub(super) fn no_such() -> Error {
    Error::not_found("subscription")
}

pub(super) async fn one_known(conn: &impl ConnectionTrait, row: Model) -> Result<Known> {
    let known = known(conn, vec![row]).await?;
    known.into_iter().next().ok_or_else(no_such)
}

async fn known(conn: &impl ConnectionTrait, rows: Vec<Model>) -> Result<Vec<Known>> {
    let ids: Vec<SubscriptionId> = rows.iter().map(|row| row.id).collect();
    let waiting = waiting(conn, &ids).await?;
    let lanes = lanes::Entity::find().filter(lanes::Column::SubscriptionId.is_in(ids));
    let lanes = lanes.all(conn).await?.into_iter();
    let mut lanes: HashMap<_, _> = lanes.map(|lane| (lane.subscription_id, lane)).collect();
    let with_lane = |row: Model| {
        Some(Known {
            // Without a lane it was deleted since.
            lane: lanes.remove(&row.id)?,
            waiting: waiting.get(&row.id).copied().unwrap_or_default(),
            row,
        })
    };
    Ok(rows.into_iter().filter_map(with_lane).collect())
}

/// Counts along the two indexes of the queue, each of them so far and no
/// further.
async fn waiting(
    conn: &impl ConnectionTrait,
    ids: &[SubscriptionId],
) -> Result<HashMap<SubscriptionId, u32>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let counted = |attempts: &str| {
        format!(
            "(SELECT count(*) FROM (SELECT 1 FROM delivery_queue
              WHERE subscription_id = lanes.subscription_id AND {attempts}
              LIMIT {WAITING_COUNTED_MAX}) AS counted)"
        )
    };
    let places: Vec<String> = (1..=ids.len()).map(|at| format!("${at}")).collect();
    let sql = format!(
        "SELECT subscription_id, {} + {} AS waiting FROM lanes WHERE subscription_id IN ({})",
        counted("attempt = 0"),
        counted("attempt > 0"),
        places.join(", "),
    );
    let values = ids.iter().map(|id| id.uuid().into());
    let ask = Statement::from_sql_and_values(conn.get_database_backend(), sql, values);
    let mut counts = HashMap::new();
    for row in conn.query_all_raw(ask).await? {
        let waiting: i64 = row.try_get("", "waiting")?;
        let waiting = u32::try_from(waiting).unwrap_or(WAITING_COUNTED_MAX);
        counts.insert(
            row.try_get("", "subscription_id")?,
            waiting.min(WAITING_COUNTED_MAX),
        );
    }
    Ok(counts)
}
