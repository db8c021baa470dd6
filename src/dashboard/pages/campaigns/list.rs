//! The campaigns there are, newest first.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use askama::Template;

use super::shown::Shown;
use crate::{
    campaigns::Campaigns,
    dashboard::{
        address::here,
        answer::page,
        frame::{Frame, Room},
        pages::tools::FromQuery,
        session::Visit,
        view::Pager,
    },
    error::Result,
    infra::page::PageQuery,
};

#[derive(Template)]
#[template(path = "campaigns.html")]
struct CampaignsPage {
    frame: Frame,
    campaigns: Vec<Shown>,
    pager: Pager,
    /// How one is made.
    command: String,
}

pub async fn show(
    req: HttpRequest,
    visit: Visit,
    campaigns: Data<Campaigns>,
    query: Query<FromQuery>,
) -> Result<HttpResponse> {
    let cursor = query.into_inner().cursor;
    let from = PageQuery::of(None, cursor.clone()).page()?;
    let (rows, next) = campaigns.list(&visit.scope(), &from).await?;
    page(&CampaignsPage {
        frame: visit.frame(Room::Campaigns),
        campaigns: rows
            .into_iter()
            .map(|row| Shown::of(row, visit.now))
            .collect(),
        pager: Pager::of("/campaigns", &[], cursor.as_deref(), next.as_deref()),
        command: command(&here(&req)),
    })
}

fn command(here: &str) -> String {
    let wanted = r#"{"name":"Plumbers of Greenville","max_concurrency":10,"calls":[{"customer":{"number":"+14155550123"}}]}"#;
    format!(
        "curl {here}/api/v6/campaigns -H \"Authorization: Bearer $RINGBACK_KEY\" \\\n  \
         -H 'Content-Type: application/json' -d '{wanted}'"
    )
}
