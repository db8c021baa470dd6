//! `/api/v6/call/schedules`: an owner's schedules, and what became of their runs.

use actix_web::{
    HttpResponse, delete, get,
    http::StatusCode,
    patch, post,
    web::{Data, Json, Path, Query},
};
use entity::{ScheduleId, schedules::Model};

use super::{
    Schedules,
    change::no_such_schedule,
    plan::preview,
    store,
    wire::{
        ChangeSchedule, CreateSchedule, DeletedSchedule, OneSchedule, Preview, Runs, ScheduleList,
    },
};
use crate::{
    app::App,
    auth::Caller,
    error::{Envelope, Result},
    idempotency::Create,
    infra::{body::Body, page::PageQuery},
};

/// Places a call again and again, by a cron expression in a time zone. Of the runs that are due
/// while the service is away, the latest is placed if it is less than `grace_seconds` late; the
/// others are kept as missed.
#[utoipa::path(
    tag = "schedules",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to repeat for 24 hours")),
    request_body = CreateSchedule,
    responses(
        (status = 201, description = "The schedule", body = OneSchedule),
        (status = 409, description = "You have as many as can be; or the Idempotency-Key came with another body before", body = Envelope),
    ),
)]
#[post("")]
pub async fn create_schedule(
    caller: Caller,
    app: Data<App>,
    schedules: Data<Schedules>,
    create: Create<CreateSchedule>,
) -> Result<HttpResponse> {
    let (principal, desk) = (caller.principal(), schedules.as_ref().clone());
    let made = create
        .once(
            &app,
            &principal,
            StatusCode::CREATED,
            |tx, wanted: CreateSchedule| async move {
                let row = desk.create(&tx, &caller, &wanted).await?;
                OneSchedule::of(&desk.0.app.seal, row)
            },
        )
        .await?;
    schedules.have_changed();
    Ok(made)
}

/// Lists your schedules, newest first; an admin sees everybody's.
#[utoipa::path(
    tag = "schedules",
    params(PageQuery),
    responses((status = 200, description = "A page of schedules", body = ScheduleList)),
)]
#[get("")]
pub async fn list_schedules(
    caller: Caller,
    app: Data<App>,
    query: Query<PageQuery>,
) -> Result<Json<ScheduleList>> {
    let schedules = store::list(app.db.read(), &caller.scope(), &query.page()?).await?;
    Ok(Json(ScheduleList::of(&app.seal, schedules)?))
}

/// Shows one schedule.
#[utoipa::path(
    tag = "schedules",
    params(("id" = String, Path, example = "sch_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "The schedule", body = OneSchedule),
        (status = 404, description = "No such schedule, or not yours", body = Envelope),
    ),
)]
#[get("/{id}")]
pub async fn read_schedule(
    caller: Caller,
    app: Data<App>,
    id: Path<String>,
) -> Result<Json<OneSchedule>> {
    let schedule = find(&app, &caller, &id).await?;
    Ok(Json(OneSchedule::of(&app.seal, schedule)?))
}

/// Changes a schedule, pauses it (`"is_active": false`), or lets it run again.
#[utoipa::path(
    tag = "schedules",
    params(("id" = String, Path, example = "sch_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    request_body = ChangeSchedule,
    responses(
        (status = 200, description = "The schedule as it is now", body = OneSchedule),
        (status = 404, description = "No such schedule, or not yours", body = Envelope),
    ),
)]
#[patch("/{id}")]
pub async fn change_schedule(
    caller: Caller,
    app: Data<App>,
    schedules: Data<Schedules>,
    id: Path<String>,
    wanted: Body<ChangeSchedule>,
) -> Result<Json<OneSchedule>> {
    let (id, scope) = (read_id(&id)?, caller.scope());
    let changed = schedules.change(&scope, id, wanted.value).await?;
    Ok(Json(OneSchedule::of(&app.seal, changed)?))
}

/// Deletes a schedule. The calls that it has placed stay.
#[utoipa::path(
    tag = "schedules",
    params(("id" = String, Path, example = "sch_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "It is deleted", body = DeletedSchedule),
        (status = 404, description = "No such schedule, or not yours", body = Envelope),
    ),
)]
#[delete("/{id}")]
pub async fn delete_schedule(
    caller: Caller,
    schedules: Data<Schedules>,
    id: Path<String>,
) -> Result<Json<DeletedSchedule>> {
    schedules.delete(&caller.scope(), read_id(&id)?).await?;
    Ok(Json(DeletedSchedule::new()))
}

/// Tells the next five times, in UTC; of a paused schedule, as they would be if it were active.
#[utoipa::path(
    tag = "schedules",
    params(("id" = String, Path, example = "sch_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")),
    responses(
        (status = 200, description = "The times; fewer where it ends before", body = Preview),
        (status = 404, description = "No such schedule, or not yours", body = Envelope),
    ),
)]
#[get("/{id}/preview")]
pub async fn preview_schedule(
    caller: Caller,
    app: Data<App>,
    id: Path<String>,
) -> Result<Json<Preview>> {
    let schedule = find(&app, &caller, &id).await?;
    let times = preview(&schedule, app.clock.millis())?;
    Ok(Json(Preview::of(times.into_iter())))
}

/// Lists what became of a schedule's runs, newest first.
#[utoipa::path(
    tag = "schedules",
    params(
        ("id" = String, Path, example = "sch_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60"),
        PageQuery,
    ),
    responses(
        (status = 200, description = "A page of runs", body = Runs),
        (status = 404, description = "No such schedule, or not yours", body = Envelope),
    ),
)]
#[get("/{id}/runs")]
pub async fn list_runs(
    caller: Caller,
    app: Data<App>,
    id: Path<String>,
    query: Query<PageQuery>,
) -> Result<Json<Runs>> {
    let schedule = find(&app, &caller, &id).await?;
    let runs = store::runs(app.db.read(), &schedule, &query.page()?).await?;
    Ok(Json(Runs::of(runs)))
}

async fn find(app: &App, caller: &Caller, id: &str) -> Result<Model> {
    let schedule = store::find(app.db.read(), &caller.scope(), read_id(id)?).await?;
    schedule.ok_or_else(no_such_schedule)
}

/// What is no id is the id of nothing.
fn read_id(text: &str) -> Result<ScheduleId> {
    text.parse().map_err(|_| no_such_schedule())
}
