//! Reading the log after a place, in the order of the tail.

use std::sync::OnceLock;

use anyhow::anyhow;
use entity::{
    CallId, EventId, Sealed,
    calls::CallStatus,
    events::{Column, Entity},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Select, Statement,
    sea_query::{Expr, SimpleExpr},
};

use super::Event;
use crate::{
    auth::Scope,
    error::{Error, Result},
    events::Kind,
    infra::db::Db,
};

/// A place in the log. On SQLite the transaction is always zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    transaction: i64,
    position: i64,
}

/// Which events are wanted.
#[derive(Clone, Debug, Default)]
pub struct Only {
    pub call: Option<CallId>,
    /// With what was told of the call before anybody had it.
    pub also_nobodys: bool,
    /// All kinds, where none is named.
    pub kinds: Vec<Kind>,
}

/// What stands in the log after a place.
pub(super) struct Next {
    pub events: Vec<Event>,
    /// Whether more than these are there, that cannot be told yet.
    pub hides_more: bool,
}

#[derive(FromQueryResult)]
struct Row {
    can_be_told: bool,
    transaction: i64,
    position: i64,
    id: EventId,
    kind: String,
    owner: Option<String>,
    call_id: Option<CallId>,
    payload: Option<Sealed>,
}

impl Cursor {
    /// Before all that was ever told.
    pub const START: Self = Self::at(0, 0);

    pub(super) const fn at(transaction: i64, position: i64) -> Self {
        Self {
            transaction,
            position,
        }
    }
}

impl From<Row> for Event {
    fn from(row: Row) -> Self {
        Self {
            cursor: Cursor::at(row.transaction, row.position),
            id: row.id,
            kind: row.kind,
            owner: row.owner,
            call_id: row.call_id,
            sealed: row.payload,
            opened: OnceLock::new(),
        }
    }
}

/// The end of what can be told just now. Whatever comes is after it.
pub(super) async fn end(db: &Db) -> Result<Cursor> {
    let sql = match db.is_postgres() {
        true => "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS place",
        false => "SELECT COALESCE(MAX(position), 0) AS place FROM events",
    };
    let ask = Statement::from_string(db.backend(), sql);
    let row = db.read().query_one_raw(ask).await?;
    let row = row.ok_or_else(|| Error::internal(anyhow!("the log has no end")))?;
    let place = row.try_get("", "place")?;
    Ok(match db.is_postgres() {
        true => Cursor::at(place, 0),
        false => Cursor::at(0, place),
    })
}

/// The next events of everybody, as far as they can be told. One question, as it is asked after
/// each commit: what cannot be told yet comes last, and shows that it is there.
pub(super) async fn all_after(
    db: &Db,
    cursor: Cursor,
    limit: u64,
    with_payloads: bool,
) -> Result<Next> {
    let payload = match (with_payloads, db.is_postgres()) {
        (true, _) => Column::Payload.into_expr(),
        (false, true) => Expr::cust("CAST(NULL AS BYTEA)"),
        (false, false) => Expr::cust("CAST(NULL AS BLOB)"),
    };
    let mut rows = read(db, after_place(db, cursor, payload).limit(limit)).await?;
    let told = rows.partition_point(|row| row.can_be_told);
    let hides_more = rows.drain(told..).next().is_some();
    Ok(Next {
        events: rows.into_iter().map(Event::from).collect(),
        hides_more,
    })
}

/// The next events within a scope, with their payloads.
pub async fn after(
    db: &Db,
    scope: &Scope,
    only: &Only,
    cursor: Cursor,
    limit: u64,
) -> Result<Vec<Event>> {
    let mut wanted = after_place(db, cursor, Column::Payload.into_expr())
        .filter(theirs(scope, only))
        .filter(can_be_told(db))
        .limit(limit);
    if !only.kinds.is_empty() {
        let names = only.kinds.iter().map(|kind| kind.name());
        wanted = wanted.filter(Column::Kind.is_in(names));
    }
    let rows = read(db, wanted).await?;
    Ok(rows.into_iter().map(Event::from).collect())
}

/// What may be told within a scope, of one call where only that is wanted.
fn theirs(scope: &Scope, only: &Only) -> Condition {
    let owned = scope.owns(Column::Owner);
    match only.call {
        None => owned,
        Some(call) => {
            let nobodys = only.also_nobodys.then(|| Column::Owner.is_null());
            Condition::all()
                .add(Column::CallId.eq(call))
                .add(Condition::any().add(owned).add_option(nobodys))
        }
    }
}

/// An event that somebody has, and where it stands.
pub struct Last {
    pub cursor: Cursor,
    pub kind: String,
    pub status: Option<CallStatus>,
}

/// The event of this id, where it may be told within a scope.
pub async fn last(db: &Db, scope: &Scope, only: &Only, id: EventId) -> Result<Option<Last>> {
    let row = Entity::find()
        .select_only()
        .expr_as(transaction(db), "transaction")
        .columns([Column::Position, Column::Kind, Column::Status])
        .filter(Column::Id.eq(id))
        .filter(theirs(scope, only));
    let row: Option<(i64, i64, String, Option<CallStatus>)> =
        row.into_tuple().one(db.read()).await?;
    Ok(row.map(|(transaction, position, kind, status)| Last {
        cursor: Cursor::at(transaction, position),
        kind,
        status,
    }))
}

fn after_place(db: &Db, cursor: Cursor, payload: SimpleExpr) -> Select<Entity> {
    let columns = [
        Column::Position,
        Column::Id,
        Column::Kind,
        Column::Owner,
        Column::CallId,
    ];
    let select = Entity::find()
        .select_only()
        .columns(columns)
        .expr_as(transaction(db), "transaction")
        .expr_as(payload, "payload")
        .expr_as(can_be_told(db), "can_be_told")
        .filter(follows(db, cursor));
    match db.is_postgres() {
        true => select.order_by_asc(Expr::cust("xid")),
        false => select,
    }
    .order_by_asc(Column::Position)
}

/// What one writer has committed can be told; of several, what is older than all that still run.
fn can_be_told(db: &Db) -> SimpleExpr {
    match db.is_postgres() {
        true => Expr::cust("xid < pg_snapshot_xmin(pg_current_snapshot())"),
        false => Expr::cust("TRUE"),
    }
}

/// The row's transaction, as a number.
fn transaction(db: &Db) -> SimpleExpr {
    match db.is_postgres() {
        true => Expr::cust("xid::text::bigint"),
        false => Expr::cust("0"),
    }
}

fn follows(db: &Db, cursor: Cursor) -> SimpleExpr {
    if !db.is_postgres() {
        return Column::Position.gt(cursor.position);
    }
    let place = [
        cursor.transaction.to_string().into(),
        cursor.position.into(),
    ];
    Expr::cust_with_values::<_, sea_orm::Value, _>("(xid, position) > ($1::text::xid8, $2)", place)
}

async fn read(db: &Db, select: Select<Entity>) -> Result<Vec<Row>> {
    Ok(select.into_model().all(db.read()).await?)
}
