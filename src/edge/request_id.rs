//! The id of a request: the caller's own where it is sane, else a new one.

use actix_web::{
    HttpMessage,
    dev::ServiceRequest,
    http::header::{HeaderName, HeaderValue},
};
use uuid::Uuid;

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CHARS_MAX: usize = 128;

/// In the request's extensions, on its log lines and on its answer.
#[derive(Clone, Debug)]
pub struct RequestId(HeaderValue);

impl RequestId {
    pub fn as_str(&self) -> &str {
        // Both ways to make one hold visible ASCII alone.
        self.0.to_str().unwrap_or_default()
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

pub(super) fn give(req: &ServiceRequest) -> RequestId {
    let id = req
        .headers()
        .get(X_REQUEST_ID)
        .filter(|value| is_sane(value))
        .cloned();
    let id = RequestId(id.unwrap_or_else(new));
    req.extensions_mut().insert(id.clone());
    id
}

/// It is echoed and logged, so it may only be a plain word.
fn is_sane(value: &HeaderValue) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    (1..=CHARS_MAX).contains(&value.len()) && value.as_bytes().iter().all(plain)
}

fn new() -> HeaderValue {
    HeaderValue::try_from(Uuid::now_v7().to_string()).unwrap_or(HeaderValue::from_static("none"))
}
