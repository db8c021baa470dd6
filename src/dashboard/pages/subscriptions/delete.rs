//! Deleting a subscription, after saying what that means.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use askama::Template;

use super::{deliveries_are, find, path};
use crate::{
    app::App,
    dashboard::{
        answer::{go_and_say, page},
        fields::Fields,
        form::Posted,
        frame::{Frame, Room},
        session::Visit,
    },
    delivery::Deliveries,
    error::Result,
    subscriptions::{self, Known},
};

#[derive(Template)]
#[template(path = "subscriptions/delete.html")]
struct DeletePage {
    frame: Frame,
    known: Known,
}

impl DeletePage {
    fn path(&self) -> String {
        path(self.known.row.id)
    }

    fn waiting(&self) -> String {
        deliveries_are(&self.known)
    }
}

pub async fn ask(visit: Visit, app: Data<App>, id: Path<String>) -> Result<HttpResponse> {
    page(&DeletePage {
        frame: visit.frame(Room::Subscriptions),
        known: find(&app, &visit, &id).await?,
    })
}

pub async fn delete(
    req: HttpRequest,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    id: Path<String>,
    posted: Posted<Fields>,
) -> Result<HttpResponse> {
    let id = find(&app, &posted.visit, &id).await?.row.id;
    let (ours, caller) = (app.as_ref().clone(), posted.visit.caller);
    let deleted = app
        .db
        .write(move |tx| async move { subscriptions::delete(&tx, &ours, &caller, id).await });
    deleted.await?;
    deliveries.changed(id);
    let said = "The subscription is deleted: nothing more is sent.";
    Ok(go_and_say(&req, "/subscriptions", said))
}
