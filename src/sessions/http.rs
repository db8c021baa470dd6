//! `/api/v1/sessions`: for the app of whoever speaks in them.

use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    post,
    web::{Data, Json, Path, Query},
};

use super::{
    Session,
    analysis::Analysis,
    claim::{Claimed, claim},
    messages, store,
    summary::Summary,
    wire::{ClaimSession, Messages, OneSession, OneSummary, Sessions},
};
use crate::{
    app::App,
    auth::Caller,
    error::{Code, Envelope, Error, Result},
    idempotency::Create,
    infra::page::PageQuery,
};

/// Claims a session for the caller: one that we did not place and that nobody
/// has, unseen as yet or within ten minutes of its first event.
#[utoipa::path(
    tag = "sessions",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to repeat for 24 hours")),
    request_body = ClaimSession,
    responses(
        (status = 201, description = "It is the caller's from now on", body = OneSession),
        (status = 200, description = "It was the caller's before", body = OneSession),
        (status = 403, description = "Sessions are not claimed here: RINGBACK_SESSION_CLAIM is off", body = Envelope),
        (status = 404, description = "Somebody else's, or too old to be claimed", body = Envelope),
    ),
)]
#[post("")]
pub async fn claim_session(
    caller: Caller,
    app: Data<App>,
    create: Create<ClaimSession>,
) -> Result<HttpResponse> {
    if !app.config.ingest.session_claim {
        return Err(Error::new(
            Code::Forbidden,
            "Sessions are not claimed here (RINGBACK_SESSION_CLAIM is off): \
             name the owner in the call's metadata, as `ownerId`.",
        ));
    }
    let (principal, seal, now) = (caller.principal(), app.seal.clone(), app.clock.millis());
    create
        .once_with_status(
            &app,
            &principal,
            move |tx, wanted: ClaimSession| async move {
                let (status, session) = match claim(&tx, caller.owner(), wanted.id()?, now).await? {
                    Claimed::Now(session) => (StatusCode::CREATED, session),
                    Claimed::Before(session) => (StatusCode::OK, session),
                };
                Ok((status, OneSession::of(&*tx, &seal, &session).await?))
            },
        )
        .await
}

/// Lists the caller's sessions, newest first.
#[utoipa::path(
    tag = "sessions",
    params(PageQuery),
    responses((status = 200, description = "A page of sessions", body = Sessions)),
)]
#[get("")]
pub async fn list_sessions(
    caller: Caller,
    app: Data<App>,
    query: Query<PageQuery>,
) -> Result<Json<Sessions>> {
    let sessions = store::list(app.db.read(), &caller.scope(), &query.page()?).await?;
    Ok(Json(
        Sessions::of(app.db.read(), &app.seal, sessions).await?,
    ))
}

/// Shows one session, by Vapi's id or ours.
#[utoipa::path(
    tag = "sessions",
    params(("id" = String, Path, example = "019a9c95-32a0-7ccd-93e9-2655308be9ae")),
    responses(
        (status = 200, description = "The session", body = OneSession),
        (status = 404, description = "No such session", body = Envelope),
    ),
)]
#[get("/{id}")]
pub async fn read_session(
    caller: Caller,
    app: Data<App>,
    id: Path<String>,
) -> Result<Json<OneSession>> {
    let session = find(&caller, &app, &id).await?;
    Ok(Json(
        OneSession::of(app.db.read(), &app.seal, &session).await?,
    ))
}

/// Lists what was said in a session, oldest first.
#[utoipa::path(
    tag = "sessions",
    params(("id" = String, Path, example = "019a9c95-32a0-7ccd-93e9-2655308be9ae"), PageQuery),
    responses(
        (status = 200, description = "A page of messages", body = Messages),
        (status = 404, description = "No such session", body = Envelope),
    ),
)]
#[get("/{id}/messages")]
pub async fn list_messages(
    caller: Caller,
    app: Data<App>,
    id: Path<String>,
    query: Query<PageQuery>,
) -> Result<Json<Messages>> {
    let page = query.page()?;
    let session = find(&caller, &app, &id).await?;
    let messages = messages::list(app.db.read(), &app.seal, &session, &page).await?;
    Ok(Json(Messages::new(messages)))
}

/// Sums a session up: by Vapi's analysis where there is one, else by what was
/// said. While it goes on, as far as it has come.
#[utoipa::path(
    tag = "sessions",
    params(("id" = String, Path, example = "019a9c95-32a0-7ccd-93e9-2655308be9ae")),
    responses(
        (status = 200, description = "The summary", body = OneSummary),
        (status = 404, description = "No such session", body = Envelope),
    ),
)]
#[get("/{id}/summary")]
pub async fn read_summary(
    caller: Caller,
    app: Data<App>,
    id: Path<String>,
) -> Result<Json<OneSummary>> {
    let session = find(&caller, &app, &id).await?;
    let lines = messages::all(app.db.read(), &app.seal, &session).await?;
    let analysis = Analysis::of(app.db.read(), &app.seal, &session).await?;
    let summary = Summary::of(&session, analysis, &lines);
    Ok(Json(OneSummary::new(&session, summary)))
}

async fn find(caller: &Caller, app: &App, id: &str) -> Result<Session> {
    let session = store::find(app.db.read(), &caller.scope(), id).await?;
    session.ok_or_else(|| Error::not_found("session"))
}
