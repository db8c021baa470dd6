//! Ending a call, and going through it once more.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use entity::calls::CallStatus;

use super::shown::status;
use crate::{
    app::App,
    calls::{Calls, replay, store},
    dashboard::{answer::go_and_say, form::Posted, pages::login::Nothing, view::spaced},
    delivery::Deliveries,
    error::{Error, Result},
};

pub async fn cancel(
    req: HttpRequest,
    calls: Data<Calls>,
    id: Path<String>,
    posted: Posted<Nothing>,
) -> Result<HttpResponse> {
    let (call, _) = calls.cancel(&posted.visit.scope(), &id).await?;
    let sentence = match call.status {
        CallStatus::Canceled => "The call is canceled.",
        _ => "Vapi was told to end the call. It is canceled as soon as Vapi says that it is over.",
    };
    Ok(go_and_say(&req, &format!("/calls/{}", call.id), sentence))
}

pub async fn replay(
    req: HttpRequest,
    app: Data<App>,
    deliveries: Data<Deliveries>,
    id: Path<String>,
    posted: Posted<Nothing>,
) -> Result<HttpResponse> {
    let found = store::find(app.db.read(), &posted.visit.scope(), &id).await?;
    let (call, _) = found.ok_or_else(|| Error::not_found("call"))?;
    let replayed = replay::replay(&app, &deliveries, &call).await?;
    let told = match (replayed.told.events, replayed.told.deliveries) {
        (0, _) => "Nothing was ever told of this call, so nothing was told again.".to_owned(),
        (events, deliveries) => format!(
            "{} told again, which makes {}.",
            count(events, "event was", "events were"),
            count(deliveries, "delivery", "deliveries"),
        ),
    };
    let state = match replayed.state_matches {
        true => "Its log leads to the state that is stored.".to_owned(),
        false => format!(
            "Its log leads to another state than is stored: {}.",
            spaced(status(replayed.status))
        ),
    };
    let to = format!("/calls/{}", call.id);
    Ok(go_and_say(&req, &to, &format!("{told} {state}")))
}

fn count(number: usize, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}
