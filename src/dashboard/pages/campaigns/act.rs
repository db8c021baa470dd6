//! Starting, pausing, resuming and canceling a campaign.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};

use entity::campaigns::Model;

use super::one::read_id;
use crate::{
    campaigns::Campaigns,
    dashboard::{answer::go_and_say, form::Posted, pages::login::Nothing},
    error::Result,
};

pub async fn start(
    req: HttpRequest,
    campaigns: Data<Campaigns>,
    id: Path<String>,
    posted: Posted<Nothing>,
) -> Result<HttpResponse> {
    let row = campaigns
        .start(&posted.visit.scope(), read_id(&id)?)
        .await?;
    let sentence = format!(
        "It runs: at most {} calls go on at once.",
        row.max_concurrency
    );
    Ok(back(&req, &row, &sentence))
}

pub async fn pause(
    req: HttpRequest,
    campaigns: Data<Campaigns>,
    id: Path<String>,
    posted: Posted<Nothing>,
) -> Result<HttpResponse> {
    let row = campaigns
        .pause(&posted.visit.scope(), read_id(&id)?)
        .await?;
    let sentence = "It is paused. The calls that go on do so.";
    Ok(back(&req, &row, sentence))
}

pub async fn resume(
    req: HttpRequest,
    campaigns: Data<Campaigns>,
    id: Path<String>,
    posted: Posted<Nothing>,
) -> Result<HttpResponse> {
    let row = campaigns
        .resume(&posted.visit.scope(), read_id(&id)?)
        .await?;
    Ok(back(&req, &row, "It runs again."))
}

pub async fn cancel(
    req: HttpRequest,
    campaigns: Data<Campaigns>,
    id: Path<String>,
    posted: Posted<Nothing>,
) -> Result<HttpResponse> {
    let row = campaigns
        .cancel(&posted.visit.scope(), read_id(&id)?)
        .await?;
    let sentence = "It is canceled. The calls that go on do so; no more are placed.";
    Ok(back(&req, &row, sentence))
}

/// To the campaign's page, which says what became of it.
fn back(req: &HttpRequest, row: &Model, sentence: &str) -> HttpResponse {
    go_and_say(req, &format!("/campaigns/{}", row.id), sentence)
}
