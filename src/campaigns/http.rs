//! `/api/v6/campaigns`: an owner's campaigns.

use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    post,
    web::{Data, Json, Path, Query},
};
use entity::{CampaignId, campaigns::Model};
use uuid::Uuid;

use super::{
    Campaigns,
    add::List,
    settings, store,
    wire::{AddCalls, CampaignList, CreateCampaign, OneCampaign},
};
use crate::{
    app::App,
    auth::Caller,
    calls::Terms,
    error::{Envelope, Result},
    idempotency::{Create, is_repeated},
    infra::page::PageQuery,
};

/// Makes a campaign: many calls, of which at most `max_concurrency` go on at once. It places
/// nothing until it is started, and takes more calls later.
#[utoipa::path(
    tag = "campaigns",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to repeat for 24 hours")),
    request_body = CreateCampaign,
    responses(
        (status = 201, description = "The campaign", body = OneCampaign),
        (status = 409, description = "You have as many as can be; or the Idempotency-Key came with another body before", body = Envelope),
    ),
)]
#[post("")]
pub async fn create_campaign(
    caller: Caller,
    app: Data<App>,
    campaigns: Data<Campaigns>,
    create: Create<CreateCampaign>,
) -> Result<HttpResponse> {
    if let Some(first) = create.answered_before(&app, &caller.principal()).await? {
        return Ok(first);
    }
    let (mut wanted, create) = create.apart();
    let calls = settings::read(&mut wanted, Terms::now(&app, &caller.scope()))?;
    let (id, owner) = (
        CampaignId::from_uuid(Uuid::now_v7()),
        caller.owner().to_owned(),
    );
    let list = campaigns.write_down(&owner, id, calls).await?;
    let (desk, queue) = (campaigns.0.clone(), list);
    let made = create
        .once(
            &app,
            &caller.principal(),
            StatusCode::CREATED,
            move |tx, ()| async move {
                let own = caller.own();
                let row = desk.create(&tx, &own, &owner, &wanted, &queue).await?;
                Ok(OneCampaign::of(row, desk.app.clock.millis()))
            },
        )
        .await;
    taken_in(&campaigns, &list, made).await
}

/// Lists your campaigns, newest first; an admin sees everybody's.
#[utoipa::path(
    tag = "campaigns",
    params(PageQuery),
    responses((status = 200, description = "A page of campaigns", body = CampaignList)),
)]
#[get("")]
pub async fn list_campaigns(
    caller: Caller,
    app: Data<App>,
    campaigns: Data<Campaigns>,
    query: Query<PageQuery>,
) -> Result<Json<CampaignList>> {
    let page = campaigns.list(&caller.scope(), &query.page()?).await?;
    Ok(Json(CampaignList::of(page, app.clock.millis())))
}

/// Shows a campaign, and how far it has come.
#[utoipa::path(
    tag = "campaigns",
    params(("id" = String, Path, example = "cmp_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "The campaign", body = OneCampaign),
        (status = 404, description = "No such campaign, or not yours", body = Envelope),
    ),
)]
#[get("/{id}")]
pub async fn read_campaign(
    caller: Caller,
    app: Data<App>,
    campaigns: Data<Campaigns>,
    id: Path<String>,
) -> Result<Json<OneCampaign>> {
    let campaign = campaigns.read(&caller.scope(), read_id(&id)?).await?;
    Ok(answer(&app, campaign))
}

/// Adds calls to a campaign, all of them or none.
#[utoipa::path(
    tag = "campaigns",
    params(
        ("id" = String, Path, example = "cmp_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to repeat for 24 hours"),
    ),
    request_body = AddCalls,
    responses(
        (status = 200, description = "The campaign as it is now", body = OneCampaign),
        (status = 404, description = "No such campaign, or not yours", body = Envelope),
        (status = 409, description = "It is over, or full; or the Idempotency-Key came with another body before", body = Envelope),
    ),
)]
#[post("/{id}/calls")]
pub async fn add_calls(
    caller: Caller,
    app: Data<App>,
    campaigns: Data<Campaigns>,
    id: Path<String>,
    create: Create<AddCalls>,
) -> Result<HttpResponse> {
    if let Some(first) = create.answered_before(&app, &caller.principal()).await? {
        return Ok(first);
    }
    let campaign = campaigns.read(&caller.scope(), read_id(&id)?).await?;
    let (wanted, create) = create.apart();
    let calls = settings::read_calls(wanted.calls, Terms::now(&app, &caller.scope()))?;
    let list = campaigns
        .write_down(&campaign.owner, campaign.id, calls)
        .await?;
    let (desk, queue, scope) = (campaigns.0.clone(), list, caller.scope());
    let added = create
        .once(
            &app,
            &caller.principal(),
            StatusCode::OK,
            move |tx, ()| async move {
                let row = desk.add(&tx, &scope, &queue).await?;
                Ok(OneCampaign::of(row, desk.app.clock.millis()))
            },
        )
        .await;
    taken_in(&campaigns, &list, added).await
}

/// Starts a campaign: its calls are placed from now on, so many at a time.
#[utoipa::path(
    tag = "campaigns",
    params(("id" = String, Path, example = "cmp_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "The campaign as it is now", body = OneCampaign),
        (status = 404, description = "No such campaign, or not yours", body = Envelope),
        (status = 409, description = "It was started before", body = Envelope),
        (status = 503, description = "Calls cannot be placed here", body = Envelope),
    ),
)]
#[post("/{id}/start")]
pub async fn start_campaign(
    caller: Caller,
    app: Data<App>,
    campaigns: Data<Campaigns>,
    id: Path<String>,
) -> Result<Json<OneCampaign>> {
    let campaign = campaigns.start(&caller.scope(), read_id(&id)?).await?;
    Ok(answer(&app, campaign))
}

/// Pauses a campaign: nothing more is placed until it is resumed. The calls that go on do so.
#[utoipa::path(
    tag = "campaigns",
    params(("id" = String, Path, example = "cmp_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "The campaign as it is now", body = OneCampaign),
        (status = 404, description = "No such campaign, or not yours", body = Envelope),
        (status = 409, description = "It does not run", body = Envelope),
    ),
)]
#[post("/{id}/pause")]
pub async fn pause_campaign(
    caller: Caller,
    app: Data<App>,
    campaigns: Data<Campaigns>,
    id: Path<String>,
) -> Result<Json<OneCampaign>> {
    let campaign = campaigns.pause(&caller.scope(), read_id(&id)?).await?;
    Ok(answer(&app, campaign))
}

/// Resumes a campaign that was paused.
#[utoipa::path(
    tag = "campaigns",
    params(("id" = String, Path, example = "cmp_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "The campaign as it is now", body = OneCampaign),
        (status = 404, description = "No such campaign, or not yours", body = Envelope),
        (status = 409, description = "It is not paused", body = Envelope),
        (status = 503, description = "Calls cannot be placed here", body = Envelope),
    ),
)]
#[post("/{id}/resume")]
pub async fn resume_campaign(
    caller: Caller,
    app: Data<App>,
    campaigns: Data<Campaigns>,
    id: Path<String>,
) -> Result<Json<OneCampaign>> {
    let campaign = campaigns.resume(&caller.scope(), read_id(&id)?).await?;
    Ok(answer(&app, campaign))
}

/// Cancels a campaign: what was not placed is called off. The calls that go on do so.
#[utoipa::path(
    tag = "campaigns",
    params(("id" = String, Path, example = "cmp_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "The campaign as it is now", body = OneCampaign),
        (status = 404, description = "No such campaign, or not yours", body = Envelope),
        (status = 409, description = "It is completed", body = Envelope),
    ),
)]
#[post("/{id}/cancel")]
pub async fn cancel_campaign(
    caller: Caller,
    app: Data<App>,
    campaigns: Data<Campaigns>,
    id: Path<String>,
) -> Result<Json<OneCampaign>> {
    let campaign = campaigns.cancel(&caller.scope(), read_id(&id)?).await?;
    Ok(answer(&app, campaign))
}

fn answer(app: &App, campaign: Model) -> Json<OneCampaign> {
    Json(OneCampaign::of(campaign, app.clock.millis()))
}

/// What was written down for an answer that was given before, or for a failure, goes.
async fn taken_in(
    campaigns: &Campaigns,
    list: &List,
    made: Result<HttpResponse>,
) -> Result<HttpResponse> {
    match &made {
        Ok(answer) if !is_repeated(answer) => campaigns.have_changed(),
        _ => campaigns.throw_away(list).await?,
    }
    made
}

/// What is no id is the id of nothing.
fn read_id(text: &str) -> Result<CampaignId> {
    text.parse().map_err(|_| store::no_such_campaign())
}
