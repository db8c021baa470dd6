//! Finding sessions, within a scope.

use entity::{
    CallId,
    calls::{Column, Entity, Model},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{auth::Scope, contact::named, error::Result, infra::page::Page};

/// A call that somebody may see: there is no other way to one than through a scope or a claim, and
/// what was said in it is only found by one.
#[derive(Clone, Debug)]
pub struct Session(pub(super) Model);

impl Session {
    /// Vapi's id, or ours until that is known.
    pub fn id(&self) -> String {
        let ours = || self.call_id().to_string();
        self.0.vapi_call_id.clone().unwrap_or_else(ours)
    }

    pub fn call_id(&self) -> CallId {
        self.0.id
    }

    pub fn is_over(&self) -> bool {
        self.0.outcome.is_some()
    }

    /// It is over, and no report is waited for.
    pub fn is_settled(&self) -> bool {
        self.is_over() && self.0.announce_due_at.is_none()
    }
}

pub async fn find(conn: &impl ConnectionTrait, scope: &Scope, id: &str) -> Result<Option<Session>> {
    Ok(named::find(conn, scope, id).await?.map(Session))
}

/// A page of sessions, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    page: &Page,
) -> Result<(Vec<Session>, Option<String>)> {
    let mut query = Entity::find()
        .filter(scope.owns(Column::Owner))
        .order_by_desc(Column::Id)
        .limit(page.rows_to_read());
    if let Some(before) = page.before {
        query = query.filter(Column::Id.lt(CallId::from_uuid(before)));
    }
    let mut calls = query.all(conn).await?;
    let next_cursor = page.cut(&mut calls, |call| call.id.uuid());
    Ok((calls.into_iter().map(Session).collect(), next_cursor))
}
