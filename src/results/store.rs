//! Calls with a result, in the database.

use std::time::Duration;

use entity::{
    CallId, call_events,
    calls::{CallStatus, Column, Entity, Model},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DerivePartialModel, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::ready::{Readiness, readiness};
use crate::{
    auth::Scope,
    contact::{
        logged,
        named::{can_be_a_name, is_named},
    },
    error::Result,
    infra::{clock::Millis, db::Tx, seal::Seal},
};

const ENDED: [CallStatus; 4] = [
    CallStatus::Ended,
    CallStatus::Failed,
    CallStatus::Canceled,
    CallStatus::Timeout,
];

/// Which version of a call's result there is.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "Entity")]
pub struct Version {
    pub id: CallId,
    pub vapi_call_id: Option<String>,
    pub result_version: i32,
}

impl Version {
    /// The id by which most people know the call.
    pub fn name(&self) -> String {
        let ours = || self.id.to_string();
        self.vapi_call_id.clone().unwrap_or_else(ours)
    }
}

/// A page of a list that is counted.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub limit: u64,
    pub offset: u64,
}

/// The calls with this number that have a result, newest first, and how many
/// there are in all. `numbers` are the blind indexes it may be stored under.
pub async fn by_phone(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    numbers: Vec<[u8; 32]>,
    are_ready: Condition,
    window: Window,
) -> Result<(Vec<Model>, u64)> {
    let numbers = numbers.iter().map(|index| index.to_vec());
    let calls = Entity::find()
        .filter(Column::PhoneIndex.is_in(numbers))
        .filter(scope.owns(Column::Owner))
        .filter(are_ready);
    let count = calls.clone().count(conn).await?;
    let page = calls
        .order_by_desc(Column::Id)
        .limit(window.limit)
        .offset(window.offset);
    Ok((page.all(conn).await?, count))
}

/// What Vapi reported of a call last, as it was logged; where it reported
/// nothing, its word of the end.
pub async fn last_report(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    seal: &Seal,
    call: &Model,
) -> Result<Option<Vec<u8>>> {
    use call_events::Column as Log;
    let is_report = Log::Type.eq("end-of-call-report");
    let its_owners = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.eq(call.id))
        .filter(scope.owns(Column::Owner));
    let logged = call_events::Entity::find()
        .filter(Log::CallId.in_subquery(sea_orm::QueryTrait::into_query(its_owners)))
        .filter(is_report.clone().or(Log::Status.is_in(ENDED)))
        .order_by_desc(is_report)
        .order_by_desc(Log::Position)
        .one(conn)
        .await?;
    logged.map(|row| logged::open(seal, &row)).transpose()
}

/// Dismisses a result; nothing where there is none within the scope.
pub async fn dismiss(
    tx: &Tx,
    scope: &Scope,
    name: &str,
    grace: Duration,
    now: Millis,
) -> Result<Option<Version>> {
    if !can_be_a_name(name) {
        return Ok(None);
    }
    let named = Entity::find()
        .filter(is_named(name))
        .filter(scope.owns(Column::Owner))
        .lock_exclusive();
    let Some(call) = named.one(&**tx).await? else {
        return Ok(None);
    };
    if readiness(&call, grace, now) != Readiness::Ready {
        return Ok(None);
    }
    let version = call.result_version + 1;
    Entity::update_many()
        .col_expr(Column::ResultDismissedAt, Expr::value(now))
        .col_expr(Column::ResultVersion, Expr::value(version))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(call.id))
        .exec(&**tx)
        .await?;
    Ok(Some(Version {
        id: call.id,
        vapi_call_id: call.vapi_call_id,
        result_version: version,
    }))
}

/// The present versions of some calls.
pub async fn versions(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    calls: impl IntoIterator<Item = CallId>,
) -> Result<Vec<Version>> {
    let calls = Entity::find()
        .filter(Column::Id.is_in(calls))
        .filter(scope.owns(Column::Owner));
    Ok(calls.into_partial_model().all(conn).await?)
}

/// Whose result was dismissed since then.
pub async fn dismissed_since(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    since: Millis,
) -> Result<Vec<CallId>> {
    let calls = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ResultDismissedAt.gte(since))
        .filter(scope.owns(Column::Owner));
    Ok(calls.into_tuple().all(conn).await?)
}
