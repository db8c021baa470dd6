//! Watching one request: its span, its log line, its measurement.
//!
//! The log has the path but never the query, which may hold what should not
//! be kept, and of the path no telephone number; the measurement has the
//! route's pattern, of which there are only so many.

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
/// A telephone number stands behind it.
const BY_NUMBER: &str = "/by-phone/";

pub(super) struct Watch {
    method: Method,
    span: Span,
    started: Instant,
}

impl Watch {
    pub(super) fn start(req: &ServiceRequest, id: &RequestId) -> Self {
        let path = shown_path(req);
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

/// The path as it was sent, up to where a number stands. Routes read a path decoded, so it is looked
/// for as they see it.
fn shown_path(req: &ServiceRequest) -> String {
    let routed = req.match_info().as_str();
    let shown = match routed.find(BY_NUMBER) {
        Some(at) => &routed[..at + BY_NUMBER.len()],
        None => req.path(),
    };
    shown.chars().take(PATH_CHARS_MAX).collect()
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

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn shown(path: &str) -> String {
        shown_path(&TestRequest::with_uri(path).to_srv_request())
    }

    #[test]
    fn a_telephone_number_is_not_shown_however_the_path_is_spelled() {
        let before = "/api/v1/vapi/calls/by-phone/";
        for number in [
            "+18641234567",
            "%2B18641234567",
            "8641234567/",
            "%38641234567",
        ] {
            assert_eq!(shown(&format!("{before}{number}?limit=5")), before);
        }
        assert_eq!(shown("/api/v1/vapi/calls/by%2Dphone/8641234567"), before);
    }

    #[test]
    fn any_other_path_is_shown_as_it_was_sent_and_not_without_end() {
        assert_eq!(shown("/api/v1/keys/%FF?token=x"), "/api/v1/keys/%FF");
        assert_eq!(
            shown(&format!("/{}", "x".repeat(300))).len(),
            PATH_CHARS_MAX
        );
    }
}
