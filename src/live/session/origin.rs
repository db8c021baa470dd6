//! Which web pages may open a socket. A browser lets any page try, and says in
//! `Origin` which one it was; apps and scripts send none, or that of the
//! server itself.
//!
//! Nothing here is proved by a cookie, so a foreign page gains nothing. The
//! list of origins means the same for a socket as for a request, all the same.

use actix_web::http::header::{HOST, HeaderMap, ORIGIN};
use url::Url;

use crate::error::{Code, Error, Result};

pub(super) fn judge(headers: &HeaderMap, allowed: &[String]) -> Result<()> {
    let Some(origin) = headers.get(ORIGIN) else {
        return Ok(());
    };
    let origin = origin.to_str().unwrap_or_default();
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let is_allowed = |allowed: &String| allowed == "*" || allowed.eq_ignore_ascii_case(origin);
    match is_of(origin, host) || allowed.iter().any(is_allowed) {
        true => Ok(()),
        false => Err(Error::new(
            Code::Forbidden,
            "Pages of this origin may not connect: RINGBACK_CORS_ORIGINS names those that may.",
        )),
    }
}

/// Whether the page came from this host, be it by way of a proxy that spoke TLS.
fn is_of(origin: &str, host: Option<&str>) -> bool {
    let Ok(page) = Url::parse(origin) else {
        return false;
    };
    let is_web = matches!(page.scheme(), "http" | "https");
    let here = host.and_then(|host| Url::parse(&format!("{}://{host}", page.scheme())).ok());
    is_web && here.is_some_and(|here| here.origin() == page.origin())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn is_let_in(origin: Option<&'static str>, allowed: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("calls.example.com"));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
        }
        let allowed: Vec<_> = allowed.iter().map(ToString::to_string).collect();
        judge(&headers, &allowed).is_ok()
    }

    #[test]
    fn apps_and_pages_of_this_host_may_connect() {
        for origin in [
            None,
            Some("https://calls.example.com"),
            Some("http://calls.example.com"),
            Some("https://calls.example.com:443"),
        ] {
            assert!(is_let_in(origin, &[]), "{origin:?}");
        }
    }

    #[test]
    fn other_pages_may_where_they_are_named() {
        for origin in [
            "https://example.com",
            "https://calls.example.com.evil.example",
            "https://calls.example.com:8443",
            "null",
            "",
            "file://calls.example.com",
        ] {
            assert!(!is_let_in(Some(origin), &["https://app.example.com"]));
            assert!(is_let_in(Some(origin), &["*"]));
        }
        let named = ["https://app.example.com"];
        assert!(is_let_in(Some("https://app.example.com"), &named));
        assert!(!is_let_in(Some("http://app.example.com"), &named));
    }
}
