//! Campaigns in the database.

use entity::{
    CampaignId,
    campaigns::{CampaignState, Column, Entity, Model},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait,
    IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use crate::{
    auth::Scope,
    error::{Code, Error, Result},
    infra::page::Page,
};

/// Those that are not over.
const CAMPAIGNS_PER_OWNER_MAX: u64 = 100;
const CAMPAIGNS_PER_LOOK: u64 = 200;
const OVER: [CampaignState; 2] = [CampaignState::Completed, CampaignState::Canceled];

/// Keeps a new campaign of somebody whose own things are these.
pub(super) async fn create(conn: &impl ConnectionTrait, own: &Scope, row: Model) -> Result<Model> {
    let open = Entity::find()
        .filter(own.owns(Column::Owner))
        .filter(Column::State.is_not_in(OVER));
    if open.count(conn).await? >= CAMPAIGNS_PER_OWNER_MAX {
        let message = format!(
            "You have {CAMPAIGNS_PER_OWNER_MAX} campaigns that are not over, which is the most."
        );
        return Err(Error::new(Code::Conflict, message));
    }
    Entity::insert(row.clone().into_active_model())
        .exec_without_returning(conn)
        .await?;
    Ok(row)
}

/// A page of the campaigns within the scope, newest first.
pub(super) async fn list(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    page: &Page,
) -> Result<(Vec<Model>, Option<String>)> {
    let beyond = page
        .before
        .map(|id| Column::Id.lt(CampaignId::from_uuid(id)));
    let mut campaigns = Entity::find()
        .filter(scope.owns(Column::Owner))
        .filter(Condition::all().add_option(beyond))
        .order_by_desc(Column::Id)
        .limit(page.rows_to_read())
        .all(conn)
        .await?;
    let next_cursor = page.cut(&mut campaigns, |campaign| campaign.id.uuid());
    Ok((campaigns, next_cursor))
}

pub(super) async fn find(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    id: CampaignId,
) -> Result<Model> {
    let campaign = Entity::find_by_id(id).filter(scope.owns(Column::Owner));
    campaign.one(conn).await?.ok_or_else(no_such_campaign)
}

/// The same, to be changed: nobody else changes or counts it meanwhile.
pub(super) async fn hold(
    tx: &impl ConnectionTrait,
    scope: &Scope,
    id: CampaignId,
) -> Result<Model> {
    let campaign = Entity::find_by_id(id).filter(scope.owns(Column::Owner));
    let held = campaign.lock_exclusive().one(tx).await?;
    held.ok_or_else(no_such_campaign)
}

pub(super) async fn save(tx: &impl ConnectionTrait, row: Model) -> Result<Model> {
    let all_of_it = row.into_active_model().reset_all();
    Ok(all_of_it.update(tx).await?)
}

/// Some campaigns in this state in whose queues somebody stands, in the order of their ids.
pub(super) async fn queued(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    state: CampaignState,
    after: Option<CampaignId>,
) -> Result<Vec<Model>> {
    let beyond = after.map(|after| Column::Id.gt(after));
    let queued = Entity::find()
        .filter(scope.owns(Column::Owner))
        .filter(Column::State.eq(state))
        // The words of the index, which a bound number would not be.
        .filter(Expr::col(Column::Queued).gt(Expr::cust("0")))
        .filter(Condition::all().add_option(beyond))
        .order_by_asc(Column::Id)
        .limit(CAMPAIGNS_PER_LOOK);
    Ok(queued.all(conn).await?)
}

pub(super) fn no_such_campaign() -> Error {
    Error::not_found("campaign")
}
