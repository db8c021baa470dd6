//! Watching one request: its span, its log line, its measurement.
//!
//! The log has the path but never the query, which may hold what should not
//! be kept; the measurement has the route's pattern, of which there are only
//! so many.

use std::time::Instant;

use actix_web::{
    Error as ActixError,
    dev::ServiceRequest,
    http::{Method, StatusCode},
};
use tracing::Span;

use super::RequestId;
use crate::error::Error;

const PATH_CHARS_MAX: usize = 256;

pub(super) struct Watch {
    method: Method,
    span: Span,
    started: Instant,
}

impl Watch {
    pub(super) fn start(req: &ServiceRequest, id: &RequestId) -> Self {
        let path: String = req.path().chars().take(PATH_CHARS_MAX).collect();
        Self {
            method: req.method().clone(),
            span: tracing::info_span!(
                "request",
                request_id = id.as_str(),
                method = %req.method(),
                ?path,
                // Filled in at the door, where there is one.
                caller = tracing::field::Empty,
            ),
            started: Instant::now(),
        }
    }

    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    pub(super) fn end(
        &self,
        status: StatusCode,
        error: Option<&ActixError>,
        route: Option<String>,
    ) {
        let elapsed = self.started.elapsed();
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let cause = error
            .and_then(|error| error.as_error::<Error>())
            .and_then(Error::source_chain);
        self.span.in_scope(|| match status.is_server_error() {
            true => tracing::error!(status = status.as_u16(), micros, cause, "answered"),
            false => tracing::info!(status = status.as_u16(), micros, "answered"),
        });
        let labels = [
            ("method", method_label(&self.method).to_owned()),
            ("route", route.unwrap_or_else(|| "unrouted".to_owned())),
            ("status", status.as_u16().to_string()),
        ];
        metrics::histogram!("ringback_http_request_seconds", &labels).record(elapsed);
    }
}

/// A method is the caller's word: those that HTTP does not know are one label.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PATCH" => "PATCH",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
