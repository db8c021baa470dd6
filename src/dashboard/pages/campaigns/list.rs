//! The campaigns there are, newest first.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use askama::Template;

use super::shown::Shown;
use crate::{
    app::App,
    campaigns::Campaigns,
    config::Config,
    dashboard::{
        answer::page,
        commands::{sending, some_call},
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
    app: Data<App>,
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
        command: command(&req, &app.config),
    })
}

fn command(req: &HttpRequest, config: &Config) -> String {
    let wanted = format!(
        r#"{{"name":"Plumbers of Greenville","max_concurrency":10,"calls":[{}]}}"#,
        some_call(config)
    );
    sending(req, config, "/api/v6/campaigns", &wanted)
}
