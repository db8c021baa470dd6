//! `GET /api/v6/call/webhook/stream`: the owner's events, as they happen.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::AUTHORIZATION,
    web::{Data, Query},
};

use super::{Live, Standing, open::last_event_id, query::StreamQuery, reader::Wanted};
use crate::{
    app::App,
    auth::{Access, Caller},
    error::{Envelope, Result},
};

/// Streams your events as they happen, an admin everybody's: `id` is the
/// event's id, `event` its kind, `data` exactly what deliveries carry. Come
/// back with `Last-Event-ID`, and you go on where you were cut off.
#[utoipa::path(
    tag = "live",
    params(
        ("Last-Event-ID" = Option<String>, Header, description = "The last event that you have; from now on where it is none of yours"),
        StreamQuery,
    ),
    responses(
        (status = 200, description = "Events without end", body = String, content_type = "text/event-stream"),
        (status = 429, description = "You have as many streams as can be", body = Envelope),
        (status = 503, description = "There are as many streams as can be", body = Envelope),
    ),
)]
#[get("/stream")]
pub async fn stream_events(
    caller: Caller,
    app: Data<App>,
    access: Data<Access>,
    live: Data<Live>,
    req: HttpRequest,
    query: Query<StreamQuery>,
) -> Result<HttpResponse> {
    let wanted = Wanted {
        kinds: query.kinds()?,
        call: query.call(&app, &caller.scope()).await?,
        scope: caller.scope(),
    };
    let last = last_event_id(req.headers());
    let token = req.headers().get_all(AUTHORIZATION).cloned().collect();
    let standing = Standing::by_token(caller, &app.clock, access, token);
    live.open(&app, standing, wanted, last).await
}
