//! Finding calls, within a scope.

use std::collections::HashMap;

use entity::{
    CallId, CampaignId,
    calls::{CallStatus, Column, Entity, Model},
    placements::{self, PlacementState},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::wire::Known;
use crate::{
    auth::Scope,
    contact::named,
    error::Result,
    infra::{clock::Millis, page::Page},
};

/// Which calls are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub status: Option<CallStatus>,
    pub campaign_id: Option<CampaignId>,
    /// Those with this number, by its blind indexes: one for each key that may have made it.
    pub phone: Option<Vec<Vec<u8>>>,
    pub since: Option<Millis>,
    pub until: Option<Millis>,
}

/// A call by any of its names.
pub async fn find(conn: &impl ConnectionTrait, scope: &Scope, name: &str) -> Result<Option<Known>> {
    let call = named::find(conn, scope, name).await?;
    let Some(call) = call else { return Ok(None) };
    let placement = placements(conn, vec![call.id]).await?.remove(&call.id);
    Ok(Some((call, placement)))
}

/// A page of calls, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    wanted: &Wanted,
    page: &Page,
) -> Result<(Vec<Known>, Option<String>)> {
    let filter = Condition::all()
        .add(scope.owns(Column::Owner))
        .add_option(wanted.status.map(|status| Column::Status.eq(status)))
        .add_option(wanted.campaign_id.map(|id| Column::CampaignId.eq(id)))
        .add_option(
            wanted
                .phone
                .clone()
                .map(|any| Column::PhoneIndex.is_in(any)),
        )
        .add_option(wanted.since.map(|since| Column::CreatedAt.gte(since)))
        .add_option(wanted.until.map(|until| Column::CreatedAt.lt(until)))
        .add_option(page.before.map(|id| Column::Id.lt(CallId::from_uuid(id))));
    let mut calls = Entity::find()
        .filter(filter)
        .order_by_desc(Column::Id)
        .limit(page.rows_to_read())
        .all(conn)
        .await?;
    let next_cursor = page.cut(&mut calls, |call| call.id.uuid());
    let ids = calls.iter().map(|call| call.id).collect();
    let states = placements(conn, ids).await?;
    let known = |call: Model| {
        let placement = states.get(&call.id).copied();
        (call, placement)
    };
    Ok((calls.into_iter().map(known).collect(), next_cursor))
}

async fn placements(
    conn: &impl ConnectionTrait,
    calls: Vec<CallId>,
) -> Result<HashMap<CallId, PlacementState>> {
    let rows = placements::Entity::find()
        .filter(placements::Column::CallId.is_in(calls))
        .all(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.call_id, row.state))
        .collect())
}
