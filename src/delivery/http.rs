//! `/api/v6/call/webhook`: what became of deliveries, and sending them again.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, Json, Path, Query},
};
use entity::{CallId, DeliveryId, SubscriptionId};

use super::{
    Deliveries,
    log::{
        self, Logged,
        read::{Found, in_full},
    },
    replay, resend,
    wire::{self, DeliveriesQuery, OneDelivery, Replayed, StartReplay},
};
use crate::{
    app::App,
    auth::{Caller, Scope},
    calls,
    error::{Envelope, Error, Result},
    idempotency::Create,
};

/// Lists the deliveries of a subscription: what waits, then what has ended.
#[utoipa::path(
    tag = "deliveries",
    params(("id" = String, Path, example = "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60"), DeliveriesQuery),
    responses(
        (status = 200, description = "A page of deliveries", body = wire::Deliveries),
        (status = 404, description = "No such subscription or call, or not yours", body = Envelope),
    ),
)]
#[get("/subscriptions/{id}/deliveries")]
pub async fn list_deliveries(
    caller: Caller,
    app: Data<App>,
    id: Path<String>,
    query: Query<DeliveriesQuery>,
) -> Result<Json<wire::Deliveries>> {
    let logged = find_subscription(&app, &caller.scope(), &id).await?;
    let (wanted, walk) = (query.wanted()?, query.walk()?);
    let call = find_call(&app, &caller.scope(), query.call_id.as_deref()).await?;
    let conn = app.db.read();
    let page = match call {
        Some(call) => log::of_call::list(conn, &logged, call, &wanted, &walk).await?,
        None => log::list::list(conn, &logged, &wanted, &walk).await?,
    };
    Ok(Json(wire::Deliveries::new(page)))
}

/// Shows one delivery: what is sent, every attempt, and why it stands where it stands.
#[utoipa::path(
    tag = "deliveries",
    params(("id" = String, Path, example = "dlv_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "The delivery", body = OneDelivery),
        (status = 404, description = "No such delivery, or not yours", body = Envelope),
    ),
)]
#[get("/deliveries/{id}")]
pub async fn read_delivery(
    caller: Caller,
    app: Data<App>,
    id: Path<String>,
) -> Result<Json<OneDelivery>> {
    show(&app, &caller.scope(), read_id(&id)?).await
}

/// Sends a delivery again at once, with the whole schedule before it, be it waiting or ended.
#[utoipa::path(
    tag = "deliveries",
    params(("id" = String, Path, example = "dlv_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "The delivery, due now", body = OneDelivery),
        (status = 404, description = "No such delivery, or not yours", body = Envelope),
        (status = 409, description = "Its subscription is paused, deactivated or deleted, or its event past retention", body = Envelope),
    ),
)]
#[post("/deliveries/{id}/retry")]
pub async fn retry_delivery(
    caller: Caller,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    id: Path<String>,
) -> Result<Json<OneDelivery>> {
    let (id, scope, now) = (read_id(&id)?, caller.scope(), app.clock.millis());
    let within = scope.clone();
    let sent = app
        .db
        .write(move |tx| async move { resend::resend(&tx, &within, id, now).await });
    let logged = sent.await?.ok_or_else(no_such_delivery)?;
    deliveries.wake(logged.id());
    show(&app, &scope, id).await
}

/// Tells a subscription again what it was told before: the same bytes and event ids, as new
/// deliveries. What still waits is made due instead.
#[utoipa::path(
    tag = "deliveries",
    params(
        ("id" = String, Path, example = "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to repeat for 24 hours"),
    ),
    request_body = StartReplay,
    responses(
        (status = 200, description = "How many deliveries are sent again", body = Replayed),
        (status = 404, description = "No such subscription or call, or not yours", body = Envelope),
        (status = 409, description = "The subscription is deleted; or the Idempotency-Key came with another body before, or with a request that still runs", body = Envelope),
    ),
)]
#[post("/subscriptions/{id}/replay")]
pub async fn replay_deliveries(
    caller: Caller,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    id: Path<String>,
    create: Create<StartReplay>,
) -> Result<HttpResponse> {
    let (principal, scope) = (caller.principal(), caller.scope());
    let logged = find_subscription(&app, &scope, &id).await?;
    let (ours, lanes) = (app.as_ref().clone(), deliveries.as_ref().clone());
    create
        .in_steps(&app, &principal, |wanted: StartReplay| async move {
            let call = find_call(&ours, &scope, wanted.call_id.as_deref()).await?;
            let wish = wanted.wish(call)?;
            let count = match wanted.dry_run {
                true => replay::count(&ours, &logged, &wish).await?,
                false => replay::replay(&ours, &lanes, &logged, &wish).await?,
            };
            Ok(Replayed::new(count, wanted.dry_run))
        })
        .await
}

async fn show(app: &App, scope: &Scope, id: DeliveryId) -> Result<Json<OneDelivery>> {
    let found = Found::find(app.db.read(), scope, id).await?;
    let found = found.ok_or_else(no_such_delivery)?;
    let delivery = in_full(&app.db, &app.seal, found, app.clock.millis()).await?;
    Ok(Json(OneDelivery::new(
        delivery.ok_or_else(no_such_delivery)?,
    )?))
}

async fn find_subscription(app: &App, scope: &Scope, id: &str) -> Result<Logged> {
    let none = || Error::not_found("subscription");
    let id: SubscriptionId = id.parse().map_err(|_| none())?;
    let found = Logged::find(app.db.read(), scope, id).await?;
    found.ok_or_else(none)
}

/// The call that is named, if one is.
async fn find_call(app: &App, scope: &Scope, id: Option<&str>) -> Result<Option<CallId>> {
    let Some(id) = id else { return Ok(None) };
    let call = calls::log::find(app.db.read(), scope, id).await?;
    let call = call.ok_or_else(|| Error::not_found("call"))?;
    Ok(Some(call.id))
}

/// What is no id is the id of nothing.
fn read_id(text: &str) -> Result<DeliveryId> {
    text.parse().map_err(|_| no_such_delivery())
}

fn no_such_delivery() -> Error {
    Error::not_found("delivery")
}
