//! One event: what it says, who was told of it and who was not, and why.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Query},
};
use askama::Template;
use entity::{EventId, SubscriptionId, events::Model as Event};
use sea_orm::ActiveEnum;
use serde::Deserialize;

use crate::{
    app::App,
    dashboard::{
        answer::{go_and_say, page},
        fields::Fields,
        form::Posted,
        frame::{Frame, Room},
        json::pretty,
        session::Visit,
        view::Pager,
        words,
    },
    delivery::{
        Deliveries,
        explain::{Explained, explain},
        log::Logged,
        replay::of_event::replay_event,
    },
    error::{Error, Result},
    events::{Kind, log},
    infra::page::PageQuery,
};

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    frame: Frame,
    event: Event,
    description: &'static str,
    /// Where the call stood.
    status: Option<String>,
    payload: String,
    rows: Vec<Explained>,
    pager: Pager,
}

#[derive(Deserialize)]
pub struct EventQuery {
    cursor: Option<String>,
}

pub async fn show(
    visit: Visit,
    app: Data<App>,
    id: Path<String>,
    query: Query<EventQuery>,
) -> Result<HttpResponse> {
    let event = find(&app, &visit, &id).await?;
    let payload = log::open(&app.seal, &event)?;
    let EventQuery { cursor } = query.into_inner();
    let wanted = PageQuery::of(None, cursor.clone()).page()?;
    let (rows, next) = explain(&app, &visit.scope(), &event, &wanted).await?;
    let path = format!("/events/{}", event.id);
    page(&EventPage {
        frame: visit.frame(Room::Elsewhere),
        description: event
            .kind
            .parse()
            .map_or("", |kind: Kind| kind.entry().description),
        status: event.status.map(|status| status.to_value().to_lowercase()),
        payload: pretty(&String::from_utf8_lossy(&payload)),
        rows,
        pager: Pager::of(&path, &[], cursor.as_deref(), next.as_deref()),
        event,
    })
}

/// Tells one subscription of it again.
pub async fn replay(
    req: HttpRequest,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    id: Path<String>,
    posted: Posted<Fields>,
) -> Result<HttpResponse> {
    let Posted { visit, form } = posted;
    let event = find(&app, &visit, &id).await?;
    let subscription = form.text("subscription_id").parse::<SubscriptionId>();
    let no_such = || Error::not_found("subscription");
    let subscription = subscription.map_err(|_| no_such())?;
    let logged = Logged::find(app.db.read(), &visit.scope(), subscription).await?;
    let logged = logged.ok_or_else(no_such)?;
    replay_event(&app, &deliveries, &logged, &event).await?;
    let said = "The event is sent to it once more, as a new delivery.";
    Ok(go_and_say(&req, &format!("/events/{}", event.id), said))
}

async fn find(app: &App, visit: &Visit, id: &str) -> Result<Event> {
    let none = || Error::not_found("event");
    let id: EventId = id.parse().map_err(|_| none())?;
    let event = log::find(app.db.read(), &visit.scope(), id).await?;
    event.ok_or_else(none)
}
