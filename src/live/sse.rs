//! `GET /api/v6/call/webhook/stream`: the owner's events, as they happen.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{CACHE_CONTROL, CONTENT_ENCODING, ContentEncoding},
    web::{Data, Query},
};
use bytes::Bytes;
use entity::EventId;
use futures_util::{StreamExt, stream};

use super::{
    Live, frame,
    query::StreamQuery,
    reader::{Reader, Wanted},
};
use crate::{
    app::App,
    auth::{Caller, Scope},
    error::{Envelope, Error, Result},
    events::{Cursor, tail},
};

const LAST_EVENT_ID: &str = "last-event-id";
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
    live: Data<Live>,
    req: HttpRequest,
    query: Query<StreamQuery>,
) -> Result<HttpResponse> {
    let wanted = Wanted {
        kinds: query.kinds()?,
        call: query.call(&app, &caller.scope()).await?,
        scope: caller.scope(),
    };
    let place = live.places.take(caller.owner())?;
    let from = resume(&req, &app, &caller.scope()).await?;
    let reader = Reader::new(&app, &live, wanted, from, place);
    let events = stream::unfold(reader, |mut reader| async {
        Some((reader.next().await?, reader))
    });
    let welcome = stream::once(async { frame::WELCOME });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-cache, no-transform"))
        // What is compressed waits until there is enough of it.
        .insert_header((CONTENT_ENCODING, ContentEncoding::Identity))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(welcome.chain(events).map(Ok::<Bytes, Error>)))
}

/// Where the last event stands that the client has.
async fn resume(req: &HttpRequest, app: &App, scope: &Scope) -> Result<Option<Cursor>> {
    let header = req.headers().get(LAST_EVENT_ID);
    let id = header.and_then(|value| value.to_str().ok()?.parse::<EventId>().ok());
    match id {
        Some(id) => tail::place_of(&app.db, scope, id).await,
        None => Ok(None),
    }
}
