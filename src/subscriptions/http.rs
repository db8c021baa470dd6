//! `/api/v6/call/webhook`: subscribing, and what becomes of a subscription.

use std::sync::{Arc, OnceLock};

use actix_web::{
    HttpResponse, delete, get,
    http::StatusCode,
    patch, post,
    web::{Data, Json, Path, Query},
};
use entity::SubscriptionId;

use super::{
    change::change,
    delete::delete,
    rotate::rotate,
    store::{self, no_such},
    subscribe::{Found, Subscribed, subscribe as subscribe_once},
    wire::{
        ChangeSubscription, DeletedSubscription, OneSubscription, RotateSecret, RotatedSecret,
        Subscribe, SubscribedAnswer, Subscriptions,
    },
};
use crate::{
    app::App,
    auth::Caller,
    delivery::Deliveries,
    error::{Envelope, Result},
    idempotency::Create,
    infra::{body::Body, page::PageQuery},
};

/// Subscribes a URL to events. For a URL that you have subscribed before you
/// get the same subscription with the same secret, set as you ask for now.
#[utoipa::path(
    tag = "subscriptions",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to repeat for 24 hours")),
    request_body = Subscribe,
    responses(
        (status = 201, description = "You are subscribed", body = SubscribedAnswer),
        (status = 200, description = "You were; it may be paused or deactivated, and then says so", body = SubscribedAnswer),
        (status = 403, description = "Only an admin's may hear everybody's events", body = Envelope),
        (status = 409, description = "You have as many as can be; or the Idempotency-Key came with another body before", body = Envelope),
    ),
)]
#[post("/subscribe")]
pub async fn subscribe(
    caller: Caller,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    create: Create<Subscribe>,
) -> Result<HttpResponse> {
    let (principal, ours) = (caller.principal(), app.as_ref().clone());
    let written = Arc::new(OnceLock::new());
    let writes = written.clone();
    let answer = create
        .once_with_status(&app, &principal, |tx, wanted: Subscribe| async move {
            let wanted = wanted.read(&ours.config.egress)?;
            let subscribed = subscribe_once(&tx, &ours, &caller, wanted).await?;
            if subscribed.found != Found::TheSame {
                writes.get_or_init(|| subscribed.known.row.id);
            }
            let status = status(&subscribed);
            Ok((status, SubscribedAnswer::new(subscribed, &ours)?))
        })
        .await?;
    if let Some(id) = written.get() {
        deliveries.changed(*id);
    }
    Ok(answer)
}

/// Lists your subscriptions, newest first; an admin sees everybody's.
#[utoipa::path(
    tag = "subscriptions",
    params(PageQuery),
    responses((status = 200, description = "A page of subscriptions", body = Subscriptions)),
)]
#[get("/subscriptions")]
pub async fn list_subscriptions(
    caller: Caller,
    app: Data<App>,
    query: Query<PageQuery>,
) -> Result<Json<Subscriptions>> {
    let page = store::list(app.db.read(), &caller.scope(), &query.page()?, None).await?;
    Ok(Json(Subscriptions::new(page, &app)?))
}

/// Shows one subscription, and how its receiver is.
#[utoipa::path(
    tag = "subscriptions",
    params(("id" = String, Path, example = "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "The subscription", body = OneSubscription),
        (status = 404, description = "No such subscription, or not yours", body = Envelope),
    ),
)]
#[get("/subscriptions/{id}")]
pub async fn read_subscription(
    caller: Caller,
    app: Data<App>,
    id: Path<String>,
) -> Result<Json<OneSubscription>> {
    let known = store::read(app.db.read(), &caller.scope(), read_id(&id)?).await?;
    Ok(Json(OneSubscription::new(known, &app)?))
}

/// Changes what is given and leaves the rest; pauses, and makes active again.
#[utoipa::path(
    tag = "subscriptions",
    params(("id" = String, Path, example = "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    request_body = ChangeSubscription,
    responses(
        (status = 200, description = "The subscription as it is now", body = OneSubscription),
        (status = 403, description = "Only an admin may have or change one that hears everybody's events", body = Envelope),
        (status = 404, description = "No such subscription, or not yours", body = Envelope),
        (status = 409, description = "Another subscription of its owner has this URL", body = Envelope),
    ),
)]
#[patch("/subscriptions/{id}")]
pub async fn change_subscription(
    caller: Caller,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    id: Path<String>,
    body: Body<ChangeSubscription>,
) -> Result<Json<OneSubscription>> {
    let (id, ours) = (read_id(&id)?, app.as_ref().clone());
    let wanted = body.value.read(&app.config.egress)?;
    let changed = app
        .db
        .write(move |tx| async move { change(&tx, &ours, &caller, id, wanted).await })
        .await?;
    deliveries.changed(id);
    Ok(Json(OneSubscription::new(changed, &app)?))
}

/// Deletes a subscription: nothing more is sent. What was stays in the log.
#[utoipa::path(
    tag = "subscriptions",
    params(("id" = String, Path, example = "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "It is deleted", body = DeletedSubscription),
        (status = 403, description = "Only an admin may delete one that hears everybody's events", body = Envelope),
        (status = 404, description = "No such subscription, or not yours", body = Envelope),
    ),
)]
#[delete("/subscriptions/{id}")]
pub async fn delete_subscription(
    caller: Caller,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    id: Path<String>,
) -> Result<Json<DeletedSubscription>> {
    let (id, ours) = (read_id(&id)?, app.as_ref().clone());
    app.db
        .write(move |tx| async move { delete(&tx, &ours, &caller, id).await })
        .await?;
    deliveries.changed(id);
    Ok(Json(DeletedSubscription::new(id)))
}

/// Gives a subscription a new secret, and lets the one before sign as well for
/// a while.
#[utoipa::path(
    tag = "subscriptions",
    params(
        ("id" = String, Path, example = "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to repeat for 24 hours"),
    ),
    request_body = RotateSecret,
    responses(
        (status = 200, description = "The new secret", body = RotatedSecret),
        (status = 403, description = "Only an admin may change one that hears everybody's events", body = Envelope),
        (status = 404, description = "No such subscription, or not yours", body = Envelope),
    ),
)]
#[post("/subscriptions/{id}/rotate-secret")]
pub async fn rotate_secret(
    caller: Caller,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    id: Path<String>,
    create: Create<RotateSecret>,
) -> Result<HttpResponse> {
    let (id, principal, ours) = (read_id(&id)?, caller.principal(), app.as_ref().clone());
    let answer = create
        .once(
            &app,
            &principal,
            StatusCode::OK,
            move |tx, wanted| async move {
                let rotated = rotate(&tx, &ours, &caller, id, wanted.read()?).await?;
                RotatedSecret::new(rotated, &ours)
            },
        )
        .await?;
    deliveries.changed(id);
    Ok(answer)
}

fn status(subscribed: &Subscribed) -> StatusCode {
    match subscribed.found {
        Found::Nothing => StatusCode::CREATED,
        Found::Another | Found::TheSame => StatusCode::OK,
    }
}

/// What is no id is the id of nothing.
fn read_id(text: &str) -> Result<SubscriptionId> {
    text.parse().map_err(|_| no_such())
}
