//! `GET /api/v1/sessions/{id}/live`: one call, live, for the app of whoever
//! speaks in it.
//!
//! ```text
//!   entry ──▶ talk ──▶ frames     what an event becomes
//!   who?       │
//!              └─────▶ socket     what actix-ws leaves to us: time, and the end
//! ```
//!
//! A session has a beginning, so a client without a place is told the session
//! from there. It needs no second look at what was said before it came, and
//! nothing falls between the two.

mod entry;
mod frames;
mod origin;
mod socket;
mod talk;

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::UPGRADE,
    rt,
    web::{Data, Path, Payload},
};

use self::{entry::Entry, socket::Socket, talk::talk};
use super::Live;
use crate::{
    app::App,
    auth::Access,
    error::{Envelope, Error, Result},
};

/// Follows one session over a WebSocket, by Vapi's id or ours: frames
/// `{"type":"transcript"|"status"|"session_end","id","data"}`, the last with
/// the summary. Show your token as a bearer header, or within ten seconds as
/// the first message, `{"type":"auth","token":"…","last_event_id":"evt_…"}`.
/// You are told the session from its beginning, or what follows the last
/// `id` that you have.
///
/// It closes with 1000 after the last frame, 4401 where the token is wrong or
/// good no more, 4404 where there is no such session of yours, 4408 where you
/// do not keep up, 4429 where you have as many streams as can be, 1001 where
/// the server stops, and 1013 where you should try again a little later.
#[utoipa::path(
    tag = "sessions",
    params(
        ("id" = String, Path, example = "019a9c95-32a0-7ccd-93e9-2655308be9ae"),
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last frame that you have"),
    ),
    responses(
        (status = 101, description = "A WebSocket"),
        (status = 400, description = "No handshake of a WebSocket", body = Envelope),
        (status = 403, description = "A page of another origin, which RINGBACK_CORS_ORIGINS does not name", body = Envelope),
    ),
)]
#[get("/api/v1/sessions/{id}/live")]
pub async fn follow_session(
    req: HttpRequest,
    messages: Payload,
    id: Path<String>,
    app: Data<App>,
    live: Data<Live>,
    access: Data<Access>,
) -> Result<HttpResponse> {
    let entry = Entry::new(&req, access, &live, app.clock.millis())?;
    if !req.headers().contains_key(UPGRADE) {
        entry.by_header().await?;
        return Err(no_handshake("connect with a WebSocket"));
    }
    origin::judge(req.headers(), &app.config.server.cors_origins)?;
    let (answer, speaking, hearing) =
        actix_ws::handle(&req, messages).map_err(|error| no_handshake(&error.to_string()))?;
    let socket = Socket::new(speaking, hearing, &app);
    let (app, live) = (app.as_ref().clone(), live.as_ref().clone());
    rt::spawn(async move { talk(&app, &live, entry, socket, &id).await });
    Ok(answer)
}

fn no_handshake(why: &str) -> Error {
    Error::invalid("upgrade", why)
}
