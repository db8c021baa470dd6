//! `/api/v6/call`: placing calls, seeing how they are, and telling of them again.

use std::time::Duration;

use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    post,
    web::{Data, Json, Path, Query},
};
use entity::placements::PlacementState;

use super::{
    Calls, NewCall,
    enter::Entered,
    log::{
        self,
        wire::{CallLog, LogQuery, ReplayedCall},
    },
    query::CallsQuery,
    refusal::{Manner, Refusal},
    rerun::{is_same_state, rerun},
    store,
    wire::{self, CreateCall, Known, OneAssistant, OneCall},
};
use crate::{
    app::App,
    auth::{Caller, Scope},
    delivery::{Deliveries, replay::of_call::retell},
    error::{Code, Envelope, Error, Result},
    idempotency::{Bare, Begun, Create},
    infra::body::Body,
    vapi::assistant::{CallRequest, assistant},
};

/// A repeated request looks so often whether the first has its answer, where another process has
/// it in hand.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(500);

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
    calls.0.vapi()?;
    let (desk, owner) = (calls.as_ref().clone(), caller.owner().to_owned());
    let begun = create
        .begin(
            &app,
            &caller.principal(),
            move |tx, wanted: CreateCall| async move {
                let ours = &desk.0.app;
                let new = NewCall::read(wanted, &ours.config.vapi, ours.clock.millis())?;
                let entered = desk.enter(&tx, &owner, new).await?;
                Ok((entered.call.to_string().into_bytes(), entered))
            },
        )
        .await?;
    let (id, ticket) = match begun {
        Begun::Answered(answer) => return Ok(answer.into_response()),
        Begun::Again(note, ticket) => (String::from_utf8_lossy(&note).into_owned(), ticket),
        Begun::First(entered, ticket) => {
            let id = entered.call.to_string();
            // Only where Vapi has said no may the same key try again. After an error of ours there
            // may be a call.
            if let Some(refusal) = place(&calls, entered).await? {
                ticket.forget(&app).await?;
                return Err(refusal.into_error());
            }
            (id, ticket)
        }
    };
    let Some(call) = settled(&calls, &app, &caller.own(), &id).await? else {
        ticket.forget(&app).await?;
        return Err(Error::new(
            Code::VapiRejected,
            "Vapi did not take the call of the request before this one: nothing was placed.",
        ));
    };
    let answer = OneCall::of(&app.seal, call)?;
    ticket.answer(&app, StatusCode::CREATED, &answer).await
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
            let grace = ours.config.delivery.report_grace;
            let again = rerun(ours.db.read(), &ours.seal, &call, grace).await?;
            let matches = is_same_state(&call, &again);
            let told = retell(&ours, &deliveries, call.id).await?;
            let told = (told.events, told.deliveries);
            Ok(ReplayedCall::new(&call, &again, matches, told))
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

/// Asks Vapi for what is due now; a refusal is the caller's answer.
async fn place(calls: &Calls, entered: Entered) -> Result<Option<Refusal>> {
    calls.0.deliveries.take(entered.handoff);
    if !entered.is_due {
        calls.0.changed.notify_waiters();
        return Ok(None);
    }
    let asked = calls.ask(
        entered.call,
        entered.owner,
        entered.order,
        Manner::ForACaller,
    );
    asked.await
}

/// The call, once nobody is asking Vapi for it any more. That has an end, for who asks has a limit.
///
/// Nothing where Vapi has refused it meanwhile.
async fn settled(calls: &Calls, app: &App, scope: &Scope, id: &str) -> Result<Option<Known>> {
    loop {
        let changed = calls.0.changed.notified();
        let Some(call) = store::find(app.db.read(), scope, id).await? else {
            return Ok(None);
        };
        if call.1 != Some(PlacementState::Asking) {
            return Ok(Some(call));
        }
        tokio::select! {
            () = changed => {}
            () = app.clock.sleep(LOOK_AGAIN_AFTER) => {}
        }
    }
}

async fn find(app: &App, scope: &Scope, id: &str) -> Result<Known> {
    let call = store::find(app.db.read(), scope, id).await?;
    call.ok_or_else(|| Error::not_found("call"))
}
