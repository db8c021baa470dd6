//! The schedules there are, newest first.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use askama::Template;

use super::shown::Shown;
use crate::{
    app::App,
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
    schedule::store,
};

#[derive(Template)]
#[template(path = "schedules.html")]
struct SchedulesPage {
    frame: Frame,
    /// How one is made without this page.
    command: String,
    schedules: Vec<Shown>,
    pager: Pager,
}

pub async fn show(
    req: HttpRequest,
    visit: Visit,
    app: Data<App>,
    query: Query<FromQuery>,
) -> Result<HttpResponse> {
    let cursor = query.into_inner().cursor;
    let from = PageQuery::of(None, cursor.clone()).page()?;
    let (rows, next) = store::list(app.db.read(), &visit.scope(), &from).await?;
    let schedules = rows.into_iter().map(|row| Shown::of(&app.seal, row));
    page(&SchedulesPage {
        frame: visit.frame(Room::Schedules),
        command: command(&req, &app.config),
        schedules: schedules.collect::<Result<_>>()?,
        pager: Pager::of("/schedules", &[], cursor.as_deref(), next.as_deref()),
    })
}

fn command(req: &HttpRequest, config: &Config) -> String {
    let wanted = format!(
        r#"{{"cron":"30 9 * * 1-5","timezone":"Europe/Berlin","call":{}}}"#,
        some_call(config)
    );
    sending(req, config, "/api/v6/call/schedules", &wanted)
}
