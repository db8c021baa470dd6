//! Pausing a subscription, and making it active again.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use askama::Template;

use super::{
    deliveries_are, find,
    health::{Health, health},
    path,
};
use crate::{
    app::App,
    dashboard::{
        answer::{go_and_say, page},
        fields::Fields,
        form::Posted,
        frame::{Frame, Room},
        session::Visit,
        words,
    },
    delivery::Deliveries,
    error::{Error, Result},
    subscriptions::{Activity, Change, Held, Known, Settings, change},
};

/// What becomes of what was held.
#[derive(Template)]
#[template(path = "subscriptions/reactivate.html")]
struct ReactivatePage {
    frame: Frame,
    known: Known,
    health: Health,
}

impl ReactivatePage {
    fn path(&self) -> String {
        path(self.known.row.id)
    }

    fn waiting(&self) -> String {
        deliveries_are(&self.known)
    }
}

pub async fn pause(
    req: HttpRequest,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    id: Path<String>,
    posted: Posted<Fields>,
) -> Result<HttpResponse> {
    let known = apply(&app, &deliveries, &posted.visit, &id, Activity::Pause).await?;
    let said = match known.lane.state {
        entity::lanes::LaneState::Paused => "The subscription is paused: what comes is held.",
        _ => "It is deactivated, so nothing is sent anyway.",
    };
    Ok(go_and_say(&req, &path(known.row.id), said))
}

pub async fn ask(visit: Visit, app: Data<App>, id: Path<String>) -> Result<HttpResponse> {
    let known = find(&app, &visit, &id).await?;
    page(&ReactivatePage {
        frame: visit.frame(Room::Subscriptions),
        health: health(&known),
        known,
    })
}

pub async fn reactivate(
    req: HttpRequest,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    id: Path<String>,
    posted: Posted<Fields>,
) -> Result<HttpResponse> {
    let (held, said) = match posted.form.given("resume") {
        Some("replay") => (
            Held::Delivered,
            "It is active again: what was held is delivered, the oldest first.",
        ),
        Some("skip") => (
            Held::Dropped,
            "It is active again: what was held is dropped.",
        ),
        _ => {
            let message = "choose what becomes of what was held";
            return Err(Error::invalid("resume", message));
        }
    };
    let activity = Activity::Resume(held);
    let known = apply(&app, &deliveries, &posted.visit, &id, activity).await?;
    Ok(go_and_say(&req, &path(known.row.id), said))
}

async fn apply(
    app: &App,
    deliveries: &Deliveries,
    visit: &Visit,
    id: &str,
    activity: Activity,
) -> Result<Known> {
    let id = find(app, visit, id).await?.row.id;
    let wanted = Change {
        settings: Settings::default(),
        activity: Some(activity),
    };
    let (ours, caller) = (app.clone(), visit.caller.clone());
    let changed = app
        .db
        .write(move |tx| async move { change(&tx, &ours, &caller, id, wanted).await });
    let known = changed.await?;
    deliveries.changed(id);
    Ok(known)
}
