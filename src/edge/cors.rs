//! Which web pages may call from a browser: those of the configured origins.

use std::time::Duration;

use actix_cors::Cors;
use actix_web::http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};

const PREFLIGHT_GOOD_FOR: Duration = Duration::from_secs(3_600);

/// Without an origin no page may; `*` lets any, but never with cookies.
pub fn cors(origins: &[String]) -> Cors {
    let base = Cors::default()
        .allowed_methods(["GET", "POST", "PATCH", "DELETE"])
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE])
        .allowed_header("idempotency-key")
        .allowed_header("last-event-id")
        .allowed_header("x-request-id")
        .expose_headers([ALLOW, RETRY_AFTER])
        .expose_headers(["x-request-id", "idempotent-replayed"])
        .block_on_origin_mismatch(false)
        .max_age(usize::try_from(PREFLIGHT_GOOD_FOR.as_secs()).ok());
    origins
        .iter()
        .fold(base, |cors, origin| match origin.as_str() {
            "*" => cors.allow_any_origin(),
            origin => cors.allowed_origin(origin),
        })
}
