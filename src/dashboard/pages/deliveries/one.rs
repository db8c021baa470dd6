//! The page of one delivery, and what can be done on it.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use entity::{DeliveryId, subscriptions::Model as Subscription};

use super::attempts::Attempt;
use crate::{
    app::App,
    dashboard::{
        answer::{go_and_say, page},
        curl,
        fields::Fields,
        form::Posted,
        frame::{Frame, Room},
        json::pretty,
        session::Visit,
        words,
    },
    delivery::{
        Deliveries,
        log::{
            line::Line,
            read::{Delivery, Found, in_full},
            status::Status,
            why::{Reason, Why},
        },
        reproduce::reproduce,
        resend,
    },
    error::{Error, Result},
    infra::clock::Millis,
};

#[derive(Template)]
#[template(path = "deliveries/one.html")]
struct OnePage {
    frame: Frame,
    subscription: Subscription,
    line: Line,
    why: Why,
    attempts: Vec<Attempt>,
    /// None once it is past retention.
    payload: Option<String>,
    command: Option<Command>,
}

/// What reproduces it, for a while.
struct Command {
    text: String,
    stale_at: Millis,
    /// What has to be filled in, as a header and its variable.
    variables: Vec<(String, String)>,
}

pub async fn show(visit: Visit, app: Data<App>, id: Path<String>) -> Result<HttpResponse> {
    let (found, delivery) = find(&app, &visit, read_id(&id)?).await?;
    page(&shown(&visit, found.logged.subscription, delivery, None))
}

/// Sends it again at once.
pub async fn retry(
    req: HttpRequest,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    id: Path<String>,
    posted: Posted<Fields>,
) -> Result<HttpResponse> {
    let (id, scope, now) = (read_id(&id)?, posted.visit.scope(), posted.visit.now);
    let sent = app
        .db
        .write(move |tx| async move { resend::resend(&tx, &scope, id, now).await });
    let logged = sent.await?.ok_or_else(no_such)?;
    deliveries.wake(logged.id());
    let said = "It is sent again now, with the whole retry schedule before it.";
    Ok(go_and_say(&req, &format!("/deliveries/{id}"), said))
}

/// Signs it for this moment, and shows the command that sends it.
pub async fn sign(
    app: Data<App>,
    id: Path<String>,
    posted: Posted<Fields>,
) -> Result<HttpResponse> {
    let visit = posted.visit;
    let (found, delivery) = find(&app, &visit, read_id(&id)?).await?;
    let signed = reproduce(&app, &found.logged, &delivery)?;
    let variable = |name: &String| (name.clone(), curl::variable(name));
    let command = Command {
        text: curl::command(&signed),
        stale_at: signed.stale_at,
        variables: signed.own_headers.iter().map(variable).collect(),
    };
    page(&shown(
        &visit,
        found.logged.subscription,
        delivery,
        Some(command),
    ))
}

async fn find(app: &App, visit: &Visit, id: DeliveryId) -> Result<(Found, Delivery)> {
    let found = Found::find(app.db.read(), &visit.scope(), id).await?;
    let found = found.ok_or_else(no_such)?;
    let delivery = in_full(&app.db, &app.seal, found.clone(), visit.now).await?;
    Ok((found, delivery.ok_or_else(no_such)?))
}

fn shown(
    visit: &Visit,
    subscription: Subscription,
    delivery: Delivery,
    command: Option<Command>,
) -> OnePage {
    let text = |bytes: Vec<u8>| pretty(&String::from_utf8_lossy(&bytes));
    OnePage {
        frame: visit.frame(Room::Subscriptions),
        subscription,
        line: delivery.line,
        why: delivery.why,
        attempts: delivery.tried.into_iter().map(Attempt::of).collect(),
        payload: delivery.payload.map(text),
        command,
    }
}

impl OnePage {
    fn path(&self) -> String {
        format!("/deliveries/{}", self.line.id)
    }

    fn subscription_path(&self) -> String {
        format!("/subscriptions/{}", self.subscription.id)
    }

    fn title(&self) -> String {
        format!("Delivery of {}", self.line.kind)
    }

    /// The colour of how it stands.
    fn tone(&self) -> &'static str {
        match self.line.status {
            Status::Delivered => "good",
            Status::Pending => "busy",
            Status::Retrying | Status::Held => "warn",
            Status::Failed | Status::Dropped => "bad",
        }
    }

    /// Whether sending it again may do something.
    fn may_retry(&self) -> bool {
        let is_off = matches!(
            self.why.reason,
            Reason::Paused | Reason::Deactivated | Reason::Dropping
        );
        self.subscription.deleted_at.is_none() && self.payload.is_some() && !is_off
    }

    /// Whether making the subscription active again would help.
    fn wants_reactivation(&self) -> bool {
        matches!(self.why.reason, Reason::Paused | Reason::Deactivated)
    }

    fn may_sign(&self) -> bool {
        self.subscription.deleted_at.is_none() && self.payload.is_some()
    }
}

/// What is no id is the id of nothing.
fn read_id(text: &str) -> Result<DeliveryId> {
    text.parse().map_err(|_| no_such())
}

fn no_such() -> Error {
    Error::not_found("delivery")
}
