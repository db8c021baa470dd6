//! Subscribing a URL.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use askama::Template;
use entity::SubscriptionId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    secret::{SECRET, SecretPage},
    settings::SettingsForm,
};
use crate::{
    app::App,
    auth::Caller,
    dashboard::{
        answer::{again, page},
        fields::Fields,
        form::Posted,
        frame::{Frame, Room},
        refused::Refused,
        session::Visit,
    },
    delivery::Deliveries,
    error::Result,
    idempotency::Sent,
    subscriptions::{Found, NewSubscription, Wrong, subscribe as subscribe_once},
};

#[derive(Template)]
#[template(path = "subscriptions/new.html")]
struct NewPage {
    frame: Frame,
    settings: SettingsForm,
    refused: Refused,
    /// So that sending it twice subscribes once.
    number: String,
    own_headers: Vec<String>,
}

/// What came of it, as it is remembered for the same form.
#[derive(Serialize, Deserialize)]
struct Made {
    id: Uuid,
    url: String,
    secret: String,
    is_new: bool,
    is_active: bool,
    /// Whether anything was written.
    is_changed: bool,
}

pub async fn ask(visit: Visit) -> Result<HttpResponse> {
    page(&form(&visit, SettingsForm::blank(), Refused::default()))
}

pub async fn subscribe(
    req: HttpRequest,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    posted: Posted<Fields>,
) -> Result<HttpResponse> {
    let Posted {
        visit,
        form: fields,
    } = posted;
    let settings = SettingsForm::read(&fields);
    match make(&app, &visit.caller, req.path(), &settings, &fields).await {
        Ok(made) => {
            if made.is_changed {
                deliveries.changed(SubscriptionId::from_uuid(made.id));
            }
            page(&told(&visit, made))
        }
        Err(error) => {
            let Some(refused) = Refused::of(&error) else {
                return Err(error);
            };
            let refused = refused.without_secret(SECRET, fields.given(SECRET));
            again(&error, &form(&visit, settings, refused))
        }
    }
}

async fn make(
    app: &App,
    caller: &Caller,
    path: &str,
    settings: &SettingsForm,
    fields: &Fields,
) -> Result<Made> {
    let mut wrong = Wrong::default();
    let wanted = settings.wanted(caller.is_admin(), &mut wrong);
    let secret = fields.given(SECRET);
    let wanted = NewSubscription::read(wanted, secret, &app.config.egress, wrong)?;
    let (ours, subscriber, principal) = (app.clone(), caller.clone(), caller.principal());
    let sent = Sent {
        principal: &principal,
        path,
        number: fields.given("number").unwrap_or_default(),
        fields: &fields.0,
    };
    let work = move |tx| async move {
        let subscribed = subscribe_once(&tx, &ours, &subscriber, wanted).await?;
        Ok(Made {
            id: subscribed.known.row.id.uuid(),
            secret: subscribed.secret.text().expose().to_owned(),
            is_new: subscribed.found == Found::Nothing,
            is_changed: subscribed.found != Found::TheSame,
            is_active: subscribed.known.is_active(),
            url: subscribed.known.row.url,
        })
    };
    sent.once(app, work).await
}

fn form(visit: &Visit, settings: SettingsForm, refused: Refused) -> NewPage {
    NewPage {
        frame: visit.frame(Room::Subscriptions),
        settings,
        refused,
        number: Uuid::now_v7().to_string(),
        own_headers: Vec::new(),
    }
}

fn told(visit: &Visit, made: Made) -> SecretPage {
    let (title, message) = match (made.is_new, made.is_active) {
        (true, _) => (
            "You are subscribed",
            "Give this secret to the receiver, so that it can tell that what comes is from here.",
        ),
        (false, true) => (
            "You were subscribed already",
            "This is the same subscription with the same secret, set as you ask for now.",
        ),
        (false, false) => (
            "You were subscribed already",
            "This is the same subscription with the same secret. It is not active: make it active \
             again, and what was held is delivered.",
        ),
    };
    SecretPage {
        frame: visit.frame(Room::Subscriptions),
        id: SubscriptionId::from_uuid(made.id),
        url: made.url,
        secret: made.secret,
        title,
        message,
        previous_until: None,
        is_new: made.is_new,
    }
}
