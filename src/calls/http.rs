//! `/api/v6/call`: placing calls, seeing how they are, and telling of them again.

use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    post,
    web::{Data, Json, Path, Query},
};

use super::{
    Calls,
    log::{
        self,
        wire::{CallLog, LogQuery, ReplayedCall},
    },
    place::Placed,
    query::CallsQuery,
    replay::replay,
    store,
    wire::{self, CreateCall, Known, OneAssistant, OneCall},
};
use crate::{
    app::App,
    auth::{Caller, Scope},
    delivery::Deliveries,
    error::{Envelope, Error, Result},
    idempotency::{Bare, Create},
    infra::body::Body,
    vapi::assistant::{CallRequest, assistant},
};

/// Places a call through Vapi, at once or at `scheduled_at`. Where Vapi does not answer, the call
/// is `QUEUED` and `unconfirmed` until it is known; it is never placed twice.
#[utoipa::path(
    tag = "calls",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to repeat for 24 hours")),
    request_body = CreateCall,
    responses(
        (status = 201, description = "The call", body = OneCall),
        (status = 409, description = "The Idempotency-Key came with another body before", body = Envelope),
        (status = 502, description = "Vapi did not take it, and says why: nothing was placed", body = Envelope),
        (status = 503, description = "Vapi is busy (see Retry-After), or a variable is not set: nothing was placed", body = Envelope),
    ),
)]
#[post("")]
pub async fn place_call(
    caller: Caller,
    app: Data<App>,
    calls: Data<Calls>,
    create: Create<CreateCall>,
) -> Result<HttpResponse> {
    match calls.place(&caller, create).await? {
        Placed::Before(answer) => Ok(answer.into_response()),
        Placed::Now(call, ticket) => {
            let answer = OneCall::of(&app.seal, *call)?;
            ticket.answer(&app, StatusCode::CREATED, &answer).await
        }
    }
}

/// Lists calls, newest first; an admin sees everybody's.
#[utoipa::path(
    tag = "calls",
    params(CallsQuery),
    responses((status = 200, description = "A page of calls", body = wire::Calls)),
)]
#[get("")]
pub async fn list_calls(
    caller: Caller,
    app: Data<App>,
    query: Query<CallsQuery>,
) -> Result<Json<wire::Calls>> {
    let (wanted, page) = query.into_inner().read()?;
    let calls = store::list(app.db.read(), &caller.scope(), &wanted, &page).await?;
    Ok(Json(wire::Calls::of(&app.seal, calls)?))
}

/// Shows one call, by our id or Vapi's.
#[utoipa::path(
    tag = "calls",
    params(("id" = String, Path, example = "call_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "The call", body = OneCall),
        (status = 404, description = "No such call, or not yours", body = Envelope),
    ),
)]
#[get("/{id}")]
pub async fn read_call(caller: Caller, app: Data<App>, id: Path<String>) -> Result<Json<OneCall>> {
    let call = find(&app, &caller.scope(), &id).await?;
    Ok(Json(OneCall::of(&app.seal, call)?))
}

/// Cancels a call: at once where it was not dialled yet, else as soon as Vapi says that it is over.
#[utoipa::path(
    tag = "calls",
    params(("id" = String, Path, example = "call_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "The call as it is now", body = OneCall),
        (status = 404, description = "No such call, or not yours", body = Envelope),
        (status = 409, description = "It is over, or Vapi cannot end it yet", body = Envelope),
        (status = 502, description = "Vapi did not end it", body = Envelope),
        (status = 503, description = "Vapi cannot be asked", body = Envelope),
    ),
)]
#[post("/{id}/cancel")]
pub async fn cancel_call(
    caller: Caller,
    app: Data<App>,
    calls: Data<Calls>,
    id: Path<String>,
) -> Result<Json<OneCall>> {
    let call = calls.cancel(&caller.scope(), &id).await?;
    Ok(Json(OneCall::of(&app.seal, call)?))
}

/// Lists what Vapi said of a call, oldest first, by Vapi's id or ours.
#[utoipa::path(
    tag = "calls",
    params(("id" = String, Path, example = "call_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60"), LogQuery),
    responses(
        (status = 200, description = "A page of the call's log", body = CallLog),
        (status = 404, description = "No such call, or not yours", body = Envelope),
    ),
)]
#[get("/{id}/events")]
pub async fn list_call_events(
    caller: Caller,
    app: Data<App>,
    id: Path<String>,
    query: Query<LogQuery>,
) -> Result<Json<CallLog>> {
    let (call, _) = find(&app, &caller.scope(), &id).await?;
    let page = log::list(app.db.read(), &app.seal, &call, &query.walk()?).await?;
    Ok(Json(CallLog::new(page)?))
}

/// Runs a call's log through the rules again, and tells all its events again, with the same ids
/// and sequences, to the subscriptions that hear them now.
#[utoipa::path(
    tag = "calls",
    params(
        ("id" = String, Path, example = "call_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to repeat for 24 hours"),
    ),
    responses(
        (status = 200, description = "What was told again", body = ReplayedCall),
        (status = 404, description = "No such call, or not yours", body = Envelope),
    ),
)]
#[post("/{id}/replay")]
pub async fn replay_call(
    caller: Caller,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    id: Path<String>,
    create: Bare,
) -> Result<HttpResponse> {
    let (call, _) = find(&app, &caller.scope(), &id).await?;
    let (ours, deliveries) = (app.as_ref().clone(), deliveries.as_ref().clone());
    create
        .0
        .in_steps(&app, &caller.principal(), |()| async move {
            let replayed = replay(&ours, &deliveries, &call).await?;
            Ok(ReplayedCall::new(
                call.status,
                replayed.status,
                replayed.state_matches,
                (replayed.told.events, replayed.told.deliveries),
            ))
        })
        .await
}

/// Makes the whole assistant that a call for this request would be placed with. The secret by
/// which its news prove themselves here is shown to an admin alone.
#[utoipa::path(
    tag = "calls",
    request_body = CallRequest,
    responses((status = 200, description = "The assistant, as Vapi takes it", body = OneAssistant)),
)]
#[post("/assistant-config")]
pub async fn configure_assistant(
    caller: Caller,
    calls: Data<Calls>,
    request: Body<CallRequest>,
) -> Result<Json<OneAssistant>> {
    let wrong = request.value.complaints();
    if !wrong.is_empty() {
        return Err(Error::invalid_many(wrong));
    }
    let server = match caller.is_admin() {
        true => calls.0.server(),
        false => calls.0.server().without_secret(),
    };
    let made = assistant(&request.value, &server, Some(caller.owner()));
    Ok(Json(OneAssistant::new(made)))
}

async fn find(app: &App, scope: &Scope, id: &str) -> Result<Known> {
    let call = store::find(app.db.read(), scope, id).await?;
    call.ok_or_else(|| Error::not_found("call"))
}
