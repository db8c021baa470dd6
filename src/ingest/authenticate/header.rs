//! A header that may hold a credential: there once, and not empty.

use actix_web::http::header::{AsHeaderName, HeaderMap};

use super::Reason;

/// The header's one value. Bytes, because nothing says that it is text.
pub(super) fn the_one(headers: &HeaderMap, name: impl AsHeaderName) -> Result<&[u8], Reason> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (Some(_), Some(_)) => Err(Reason::Malformed),
        (Some(value), None) if !value.is_empty() => Ok(value.as_bytes()),
        _ => Err(Reason::NoCredentials),
    }
}

/// A header without which another one, which is there, means nothing.
pub(super) fn companion(headers: &HeaderMap, name: impl AsHeaderName) -> Result<&[u8], Reason> {
    the_one(headers, name).map_err(|_| Reason::Malformed)
}
