//! A new secret, with both signing for a while.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    find, path,
    secret::{SECRET, SecretPage},
};
use crate::{
    app::App,
    dashboard::{
        answer::{again, page},
        fields::Fields,
        form::Posted,
        frame::{Frame, Room},
        refused::Refused,
        session::Visit,
    },
    delivery::Deliveries,
    error::{Error, Result},
    idempotency::Sent,
    infra::clock::Millis,
    subscriptions::{self, Known, OVERLAP_DEFAULT, Rotation, Wrong},
};

#[derive(Template)]
#[template(path = "subscriptions/rotate.html")]
struct RotatePage {
    frame: Frame,
    known: Known,
    hint: String,
    refused: Refused,
    /// So that sending it twice rotates once.
    number: String,
    /// Which of the overlaps is chosen.
    overlap: String,
}

/// How long the one before may sign as well, in seconds.
const OVERLAPS: [(&str, &str); 5] = [
    ("3600", "for an hour"),
    ("86400", "for a day"),
    ("604800", "for a week"),
    ("2592000", "for 30 days"),
    ("0", "not at all: it has leaked"),
];

/// What came of it, as it is remembered for the same form.
#[derive(Serialize, Deserialize)]
struct Made {
    secret: String,
    previous_until: Option<Millis>,
}

impl RotatePage {
    fn overlaps(&self) -> [(&'static str, &'static str); 5] {
        OVERLAPS
    }

    fn path(&self) -> String {
        path(self.known.row.id)
    }
}

pub async fn ask(visit: Visit, app: Data<App>, id: Path<String>) -> Result<HttpResponse> {
    let known = find(&app, &visit, &id).await?;
    page(&form(
        &app,
        &visit,
        known,
        &Fields::default(),
        Refused::default(),
    )?)
}

pub async fn rotate(
    req: HttpRequest,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    id: Path<String>,
    posted: Posted<Fields>,
) -> Result<HttpResponse> {
    let Posted {
        visit,
        form: fields,
    } = posted;
    let known = find(&app, &visit, &id).await?;
    match make(&app, &visit, req.path(), &known, &fields).await {
        Ok(made) => {
            deliveries.changed(known.row.id);
            page(&told(&visit, known, made))
        }
        Err(error) => {
            let Some(refused) = Refused::of(&error) else {
                return Err(error);
            };
            let refused = refused.without_secret(SECRET, fields.given(SECRET));
            again(&error, &form(&app, &visit, known, &fields, refused)?)
        }
    }
}

async fn make(
    app: &App,
    visit: &Visit,
    address: &str,
    known: &Known,
    fields: &Fields,
) -> Result<Made> {
    let wanted = read(fields)?;
    let (ours, caller, id) = (app.clone(), visit.caller.clone(), known.row.id);
    let principal = caller.principal();
    let sent = Sent {
        principal: &principal,
        path: address,
        number: fields.given("number").unwrap_or_default(),
        fields: &fields.0,
    };
    let work = move |tx| async move {
        let rotated = subscriptions::rotate(&tx, &ours, &caller, id, wanted).await?;
        Ok(Made {
            secret: rotated.secret.text().expose().to_owned(),
            previous_until: rotated.previous_until,
        })
    };
    sent.once(app, work).await
}

fn read(fields: &Fields) -> Result<Rotation> {
    let given = fields.given("overlap_seconds").map(str::parse).transpose();
    let given = given.map_err(|_| Error::invalid("overlap_seconds", "give a number of seconds"))?;
    let overlap = given.map_or(OVERLAP_DEFAULT, Duration::from_secs);
    let mut wrong = Wrong::default();
    let rotation = Rotation::read(fields.given(SECRET), overlap, &mut wrong);
    wrong.refuse_any()?;
    Ok(rotation)
}

fn form(
    app: &App,
    visit: &Visit,
    known: Known,
    fields: &Fields,
    refused: Refused,
) -> Result<RotatePage> {
    let usual = || OVERLAP_DEFAULT.as_secs().to_string();
    let chosen = fields.given("overlap_seconds").map(str::to_owned);
    Ok(RotatePage {
        frame: visit.frame(Room::Subscriptions),
        hint: known.secret_hint(&app.seal)?,
        known,
        refused,
        number: Uuid::now_v7().to_string(),
        overlap: chosen.unwrap_or_else(usual),
    })
}

fn told(visit: &Visit, known: Known, made: Made) -> SecretPage {
    let message = match made.previous_until {
        Some(_) => {
            "x-webhook-signature is made with the new secret from now on: a receiver that reads \
             only that header must switch now. Until the time below x-webhook-signature-previous \
             is made with the secret before, and webhook-signature with both."
        }
        None => "The secret before signs no more: receivers must switch now.",
    };
    SecretPage {
        frame: visit.frame(Room::Subscriptions),
        id: known.row.id,
        url: known.row.url,
        secret: made.secret,
        title: "The secret is rotated",
        message,
        previous_until: made.previous_until,
        is_new: false,
    }
}
