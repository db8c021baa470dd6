//! `GET /metrics`.

use actix_web::{HttpRequest, HttpResponse, get, http::header::AUTHORIZATION, web::Data};

use super::render;
use crate::{
    app::App,
    auth::{Access, Admin},
    error::{Envelope, Result},
};

/// All metrics in Prometheus' text format. Open while the server listens on
/// loopback; else an admin's key is needed.
#[utoipa::path(
    tag = "service",
    security((), ("bearer" = [])),
    responses(
        (status = 200, description = "Metrics", body = String, content_type = "text/plain"),
        (status = 401, description = "No valid token, and not on loopback", body = Envelope),
        (status = 403, description = "Not an admin, and not on loopback", body = Envelope),
        (status = 500, description = "The database is away, and not on loopback", body = Envelope),
        (status = 503, description = "The keys of the token's issuer cannot be fetched just now, and not on loopback", body = Envelope),
    ),
)]
#[get("/metrics")]
pub async fn read_metrics(
    req: HttpRequest,
    app: Data<App>,
    access: Data<Access>,
) -> Result<HttpResponse> {
    if !app.config.server.on_loopback() {
        let caller = access
            .authenticate(req.headers().get_all(AUTHORIZATION))
            .await?;
        Admin::try_from(caller)?;
    }
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(render()))
}
