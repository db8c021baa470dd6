//! Where a form comes from, as the browser says.
//!
//! Every browser of today says so in `Sec-Fetch-Site`, which holds behind any
//! proxy; older ones name the page's origin, which must then be the host that
//! was asked. What says neither is no browser, and nobody's session is at
//! stake who did not put it there by hand.

use actix_web::{
    HttpRequest,
    http::header::{HOST, HeaderName, ORIGIN},
};
use url::Url;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a request that changes something was sent by a page of ours.
pub fn comes_from_here(req: &HttpRequest) -> bool {
    match (text(req, SEC_FETCH_SITE), text(req, ORIGIN)) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => is_host(origin, text(req, HOST)),
        (None, None) => true,
    }
}

/// Whether the browser talks to us, or to a proxy before us, over TLS. Who
/// lies here takes away only their own cookie's protection.
pub fn is_encrypted(req: &HttpRequest) -> bool {
    let origin = text(req, ORIGIN);
    origin.is_some_and(|origin| origin.starts_with("https://"))
}

fn is_host(origin: &str, host: Option<&str>) -> bool {
    let (Ok(origin), Some(host)) = (Url::parse(origin), host) else {
        return false;
    };
    let Ok(asked) = Url::parse(&format!("{}://{host}", origin.scheme())) else {
        return false;
    };
    origin.has_host()
        && origin.host() == asked.host()
        && origin.port_or_known_default() == asked.port_or_known_default()
}

fn text(req: &HttpRequest, name: HeaderName) -> Option<&str> {
    // What is no text is no origin of ours either.
    let value = req.headers().get(name)?;
    Some(value.to_str().unwrap_or("null"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn comes(headers: &[(&'static str, &'static str)]) -> bool {
        let start = TestRequest::default();
        let req = headers
            .iter()
            .fold(start, |req, header| req.insert_header(*header));
        comes_from_here(&req.to_http_request())
    }

    #[test]
    fn a_page_of_ours_may_and_another_site_may_not() {
        let host = ("host", "calls.example.com");
        for site in ["same-origin", "none"] {
            assert!(comes(&[host, ("sec-fetch-site", site)]), "{site}");
        }
        for site in ["cross-site", "same-site", ""] {
            assert!(!comes(&[host, ("sec-fetch-site", site)]), "{site}");
        }
        assert!(comes(&[host]));
    }

    #[test]
    fn an_origin_must_be_the_host_that_was_asked() {
        let host = ("host", "calls.example.com");
        for origin in [
            "https://calls.example.com",
            "https://calls.example.com:443",
            "http://calls.example.com",
        ] {
            assert!(comes(&[host, ("origin", origin)]), "{origin}");
        }
        for origin in [
            "null",
            "",
            "https://evil.example",
            "https://calls.example.com.evil.example",
            "https://calls.example.com:8443",
            "https://user@evil.example",
        ] {
            assert!(!comes(&[host, ("origin", origin)]), "{origin}");
        }
        assert!(!comes(&[("origin", "https://calls.example.com")]));
    }
}
