//! `/api/v1/vapi/calls` and `/api/v1/vapi/cache`: what pollers read.

use actix_web::{
    HttpResponse, delete, get,
    http::header::ContentType,
    web::{Data, Json, Path, Query},
};

use super::{
    desk::Desk,
    ready::are_ready,
    record::Record,
    store,
    wire::{CacheStats, DismissedResult, OneResult, Records, ResultQuery, View, WindowQuery},
};
use crate::{
    app::App,
    auth::{Admin, Caller},
    contact::{named, phone},
    error::{Code, Envelope, Error, Result},
};

/// Gives the result of a call, by Vapi's id or ours. With `wait` the request
/// is held until it is there.
#[utoipa::path(
    tag = "results",
    params(("id" = String, Path, example = "call_abc123"), ResultQuery),
    responses(
        (status = 200, description = "The result", body = OneResult),
        (status = 404, description = "There is none yet, or it was dismissed, or the call is not yours", body = Envelope),
    ),
)]
#[get("/calls/{id}")]
pub async fn read_result(
    caller: Caller,
    app: Data<App>,
    desk: Data<Desk>,
    id: Path<String>,
    query: Query<ResultQuery>,
) -> Result<HttpResponse> {
    let (wait, view, scope) = (query.wait()?, query.view()?, caller.scope());
    let kept = desk.result(&scope, &id, wait).await?;
    let kept = kept.ok_or_else(|| no_result(&id))?;
    if view == View::Result {
        let answer = HttpResponse::Ok()
            .content_type(ContentType::json())
            .body(kept.body.clone());
        return Ok(answer);
    }
    let call = named::find(app.db.read(), &scope, &id).await?;
    let call = call.ok_or_else(|| no_result(&id))?;
    let record = Record::of(&app, &scope, &call).await?;
    Ok(HttpResponse::Ok().json(OneResult::of_record(record)))
}

/// Dismisses the result of a call: it is not given again, even if a report
/// comes later. The call and its log stay.
#[utoipa::path(
    tag = "results",
    params(("id" = String, Path, example = "call_abc123")),
    responses(
        (status = 200, description = "It is dismissed", body = DismissedResult),
        (status = 404, description = "There is none", body = Envelope),
    ),
)]
#[delete("/calls/{id}")]
pub async fn dismiss_result(
    caller: Caller,
    desk: Data<Desk>,
    id: Path<String>,
) -> Result<Json<DismissedResult>> {
    match desk.dismiss(&caller.scope(), &id).await? {
        true => Ok(Json(DismissedResult::new(&id))),
        false => Err(no_result(&id)),
    }
}

/// Lists the results of your calls with one number, newest first, as rows.
#[utoipa::path(
    tag = "results",
    params(("phone" = String, Path, example = "+18641234567"), WindowQuery),
    responses((status = 200, description = "A page of rows", body = Records)),
)]
#[get("/calls/by-phone/{phone}")]
pub async fn list_results_by_phone(
    caller: Caller,
    app: Data<App>,
    phone: Path<String>,
    query: Query<WindowQuery>,
) -> Result<Json<Records>> {
    let (window, scope) = (query.window()?, caller.scope());
    let not_a_number = || Error::invalid("phone", "give a telephone number, such as +18641234567");
    let number = phone::e164(&phone).ok_or_else(not_a_number)?;
    let numbers = app.seal.indexes(phone::INDEX_DOMAIN, &number);
    let ready = are_ready(app.config.delivery.report_grace, app.clock.millis());
    let (calls, count) = store::by_phone(app.db.read(), &scope, numbers, ready, window).await?;
    let mut records = Vec::with_capacity(calls.len());
    for call in &calls {
        records.push(Record::of(&app, &scope, call).await?);
    }
    Ok(Json(Records::new(records, count, window)))
}

/// Shows what the cache of results holds.
#[utoipa::path(
    tag = "results",
    responses(
        (status = 200, description = "What it holds", body = CacheStats),
        (status = 403, description = "Not an admin", body = Envelope),
    ),
)]
#[get("/cache/stats")]
pub async fn read_cache_stats(_: Admin, desk: Data<Desk>) -> Json<CacheStats> {
    Json(CacheStats::new(desk.figures().await))
}

/// The same for a call that has none, one that is not known, and one that is
/// somebody else's.
fn no_result(name: &str) -> Error {
    let message = format!(
        "No cached result found for call ID: {name}. It may have expired or not been received yet."
    );
    Error::new(Code::NotFound, message).with_title("Call result not found")
}
