//! Pausing a schedule, letting it run again, deleting it.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};

use super::one::read_id;
use crate::{
    dashboard::{answer::go_and_say, form::Posted, pages::login::Nothing},
    error::Result,
    schedule::{ChangeSchedule, Schedules},
};

pub async fn pause(
    req: HttpRequest,
    schedules: Data<Schedules>,
    id: Path<String>,
    posted: Posted<Nothing>,
) -> Result<HttpResponse> {
    let id = read_id(&id)?;
    let change = ChangeSchedule::activity(false);
    schedules.change(&posted.visit.scope(), id, change).await?;
    let sentence = "The schedule is paused. What would run meanwhile does not run later either.";
    Ok(go_and_say(&req, &format!("/schedules/{id}"), sentence))
}

pub async fn resume(
    req: HttpRequest,
    schedules: Data<Schedules>,
    id: Path<String>,
    posted: Posted<Nothing>,
) -> Result<HttpResponse> {
    let id = read_id(&id)?;
    let change = ChangeSchedule::activity(true);
    schedules.change(&posted.visit.scope(), id, change).await?;
    let sentence = "The schedule runs again from now on.";
    Ok(go_and_say(&req, &format!("/schedules/{id}"), sentence))
}

pub async fn delete(
    req: HttpRequest,
    schedules: Data<Schedules>,
    id: Path<String>,
    posted: Posted<Nothing>,
) -> Result<HttpResponse> {
    schedules
        .delete(&posted.visit.scope(), read_id(&id)?)
        .await?;
    let sentence = "The schedule is deleted. The calls that it has placed stay.";
    Ok(go_and_say(&req, "/schedules", sentence))
}
