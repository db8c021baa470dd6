//! One campaign: how far it has come, and its calls.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use askama::Template;
use entity::CampaignId;

use super::shown::Shown;
use crate::{
    app::App,
    calls::store::{self, Wanted},
    campaigns::Campaigns,
    dashboard::{
        answer::page,
        frame::{Frame, Room},
        pages::{calls::shown::Shown as Call, tools::FromQuery},
        session::Visit,
        view::Pager,
    },
    error::{Error, Result},
    infra::page::PageQuery,
};

#[derive(Template)]
#[template(path = "campaign.html")]
struct CampaignPage {
    frame: Frame,
    campaign: Shown,
    calls: Vec<Call>,
    pager: Pager,
}

pub async fn show(
    visit: Visit,
    app: Data<App>,
    campaigns: Data<Campaigns>,
    id: Path<String>,
    query: Query<FromQuery>,
) -> Result<HttpResponse> {
    let (id, scope, cursor) = (read_id(&id)?, visit.scope(), query.into_inner().cursor);
    let campaign = campaigns.read(&scope, id).await?;
    let from = PageQuery::of(None, cursor.clone()).page()?;
    let wanted = Wanted {
        campaign_id: Some(id),
        ..Wanted::default()
    };
    let (calls, next) = store::list(app.db.read(), &scope, &wanted, &from).await?;
    let calls = calls.into_iter().map(|call| Call::of(&app.seal, call));
    let path = format!("/campaigns/{id}");
    page(&CampaignPage {
        frame: visit.frame(Room::Campaigns),
        campaign: Shown::of(campaign, visit.now),
        calls: calls.collect::<Result<_>>()?,
        pager: Pager::of(&path, &[], cursor.as_deref(), next.as_deref()),
    })
}

/// What is no id is the id of nothing.
pub(super) fn read_id(text: &str) -> Result<CampaignId> {
    text.parse().map_err(|_| Error::not_found("campaign"))
}
