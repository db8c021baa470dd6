//! The edge: what happens to every request before and after its handler.
//!
//! A request gets an id and a span; a panic becomes an answer; every answer,
//! however it came about, leaves with the same headers, one log line and one
//! measurement. What no route takes is told apart here: a wrong method from a
//! wrong address.

mod cors;
mod headers;
mod request_id;
mod this_machine;
mod unrouted;
mod watch;

use std::panic::AssertUnwindSafe;

use actix_web::{
    Error as ActixError, HttpResponse, ResponseError,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    middleware::Next,
};
use futures_util::FutureExt;
use tracing::Instrument;

pub use cors::cors;
pub use request_id::RequestId;
pub use this_machine::this_machine_alone;
pub use unrouted::{Methods, Routes, refuse_wrong_method_in_public, unrouted};

use crate::{error::Error, infra::worker::panic_text};
use watch::Watch;

/// The outermost middleware.
pub async fn edge(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    let id = request_id::give(&req);
    let watch = Watch::start(&req, &id);
    let handled = AssertUnwindSafe(next.call(req)).catch_unwind();
    match handled.instrument(watch.span()).await {
        Ok(Ok(mut response)) => {
            headers::dress(response.headers_mut(), &id);
            watch.end(
                response.status(),
                response.response().error(),
                response.request().match_pattern(),
            );
            Ok(response)
        }
        Ok(Err(error)) => Err(answer(error, &id, &watch)),
        Err(panic) => {
            let text = panic_text(panic.as_ref()).to_owned();
            Err(answer(
                Error::internal(anyhow::anyhow!("panicked: {text}")).into(),
                &id,
                &watch,
            ))
        }
    }
}

/// An error that no handler turned into a response: it travels on as one that
/// is dressed already, because the request to make a response from is gone.
fn answer(error: ActixError, id: &RequestId, watch: &Watch) -> ActixError {
    let mut response: HttpResponse = error.as_response_error().error_response();
    headers::dress(response.headers_mut(), id);
    watch.end(response.status(), Some(&error), None);
    InternalError::from_response(error, response).into()
}

/// What an error of actix's own (a path or a query that does not parse, a
/// body that breaks off) becomes: our envelope.
pub fn in_our_envelope(error: impl ResponseError, path: &'static str) -> ActixError {
    Error::invalid(path, error.to_string()).into()
}
