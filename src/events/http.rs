//! `/api/v6/call/webhook/events`: what was told, what can be told, and why
//! somebody was told or not.

use actix_web::{
    get,
    web::{Data, Json, Path, Query},
};
use entity::EventId;

use super::{
    log,
    wire::{EventTypes, Events, EventsQuery},
};
use crate::{
    app::App,
    auth::Caller,
    calls,
    delivery::{explain::explain, wire::Explanations},
    error::{Envelope, Error, Result},
    infra::page::PageQuery,
};

/// Lists what was told of your calls and campaigns, newest first; an admin sees everybody's.
#[utoipa::path(
    tag = "events",
    params(EventsQuery),
    responses(
        (status = 200, description = "A page of events", body = Events),
        (status = 404, description = "No such call, or not yours", body = Envelope),
    ),
)]
#[get("/events")]
pub async fn list_events(
    caller: Caller,
    app: Data<App>,
    query: Query<EventsQuery>,
) -> Result<Json<Events>> {
    let (conn, scope) = (app.db.read(), caller.scope());
    let call = match query.call_id.as_deref() {
        Some(id) => calls::log::find(conn, &scope, id)
            .await?
            .ok_or_else(|| Error::not_found("call"))
            .map(Some)?,
        None => None,
    };
    let wanted = query.wanted(call.map(|call| call.id))?;
    let page = log::list(conn, &app.seal, &scope, &wanted, &query.walk()?).await?;
    Ok(Json(Events::new(page)?))
}

/// Every event that can be subscribed to, with a JSON Schema of each.
#[utoipa::path(
    tag = "events",
    security(()),
    responses((status = 200, description = "The catalogue", body = EventTypes)),
)]
#[get("/api/v6/call/webhook/events/types")]
pub async fn list_event_types() -> Result<Json<EventTypes>> {
    EventTypes::all().map(Json)
}

/// For each of your subscriptions: whether it was told of this event, by which rule, and what
/// became of that.
#[utoipa::path(
    tag = "events",
    params(("id" = String, Path, example = "evt_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60"), PageQuery),
    responses(
        (status = 200, description = "A page of explanations", body = Explanations),
        (status = 404, description = "No such event, or not yours", body = Envelope),
    ),
)]
#[get("/events/{id}/explain")]
pub async fn explain_event(
    caller: Caller,
    app: Data<App>,
    id: Path<String>,
    query: Query<PageQuery>,
) -> Result<Json<Explanations>> {
    let (scope, page) = (caller.scope(), query.page()?);
    let none = || Error::not_found("event");
    let id: EventId = id.parse().map_err(|_| none())?;
    let event = log::find(app.db.read(), &scope, id)
        .await?
        .ok_or_else(none)?;
    let explained = explain(&app, &scope, &event, &page).await?;
    Ok(Json(Explanations::new(id, explained)))
}
