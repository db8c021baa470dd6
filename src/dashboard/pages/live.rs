//! `GET /live`: the events of whoever looks at a page, for its scripts.
//!
//! It is the stream of the API, with a cookie instead of a header. A page
//! names the last event that it shows, so none is missed between the two.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use entity::EventId;
use serde::Deserialize;

use crate::{
    app::App,
    dashboard::session::Visit,
    error::Result,
    live::{Live, Standing, last_event_id},
};

#[derive(Deserialize)]
pub struct LiveQuery {
    /// The last event that the page shows.
    after: Option<String>,
}

pub async fn follow(
    visit: Visit,
    app: Data<App>,
    live: Data<Live>,
    req: HttpRequest,
    query: Query<LiveQuery>,
) -> Result<HttpResponse> {
    let shown = query
        .after
        .as_ref()
        .and_then(|id| id.parse::<EventId>().ok());
    let last = last_event_id(req.headers()).or(shown);
    let standing = Standing::new(visit.caller, &app.clock, move || {
        let req = req.clone();
        Box::pin(async move { Ok(Visit::of(&req).await?.caller) })
    });
    live.follow(&app, standing, last).await
}
