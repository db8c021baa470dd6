//! While the door stands open, who passes is on this machine, and means to.
//!
//! The port is a loopback one, so no packet of anybody else arrives. A web page
//! that is open in a browser here could still send one. It would come by the
//! name of its own site, which it has made to point at this machine (rebinding),
//! and a browser writes that name into `Host`; or it would ask us by our name
//! and not care for the answer, and then a browser writes its site into `Origin`.
//! So both must be names of this machine, or an origin that the settings allow.

use std::net::{Ipv4Addr, Ipv6Addr};

use actix_web::{
    Error as ActixError,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Uri,
        header::{HOST, HeaderMap, HeaderValue, ORIGIN},
        uri::Authority,
    },
    middleware::Next,
    web::Data,
};

use crate::{
    app::App,
    error::{Code, Error},
};

/// The middleware; it minds nothing while the door is shut.
pub async fn this_machine_alone(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, ActixError> {
    let config = req.app_data::<Data<App>>().map(|app| &app.config);
    let objection = config
        .filter(|config| config.access.is_open)
        .and_then(|config| objection(req.uri(), req.headers(), &config.server.cors_origins));
    match objection {
        Some(message) => {
            let refused = Error::new(Code::Forbidden, message);
            Ok(req.error_response(refused).map_into_right_body())
        }
        None => Ok(next.call(req).await?.map_into_left_body()),
    }
}

/// What is wrong with where a request comes from, or by which name it comes.
fn objection(uri: &Uri, headers: &HeaderMap, allowed_origins: &[String]) -> Option<&'static str> {
    let mut hosts = headers
        .get_all(HOST)
        .map(text)
        .chain(uri.authority().map(Authority::as_str));
    // HTTP/2 and HTTP/1.1 both demand a name, so a request without one is not a browser's.
    if !hosts.all(names_this_machine) {
        return Some(
            "`ringback dev` answers to the names of this machine alone: ask for localhost or \
             127.0.0.1, or run `ringback serve`.",
        );
    }
    let may_ask = |origin: &str| {
        let site = origin.split_once("://").map_or("", |(_, site)| site);
        names_this_machine(site) || allowed_origins.iter().any(|allowed| allowed == origin)
    };
    let are_ours = headers.get_all(ORIGIN).map(text).all(may_ask);
    (!are_ours).then_some(
        "`ringback dev` lets in no page of another site: serve the page from localhost, or name \
         its origin in RINGBACK_CORS_ORIGINS.",
    )
}

/// What cannot be read names nobody.
fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default()
}

fn names_this_machine(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else {
        return false;
    };
    let host = authority.host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
        || bare.parse().is_ok_and(|ip: Ipv6Addr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    fn passes(host: &'static str, origin: Option<&'static str>) -> bool {
        let pair = |name: HeaderName, value| (name, HeaderValue::from_static(value));
        let pairs = [
            Some(pair(HOST, host)),
            origin.map(|site| pair(ORIGIN, site)),
        ];
        let headers = pairs.into_iter().flatten().collect();
        let allowed = ["https://app.example.com".to_owned()];
        objection(&Uri::from_static("/api"), &headers, &allowed).is_none()
    }

    #[test]
    fn every_name_of_this_machine_passes() {
        for host in [
            "localhost",
            "LOCALHOST:8000",
            "127.0.0.1:8000",
            "127.8.9.1",
            "[::1]:8000",
        ] {
            assert!(passes(host, None), "{host}");
        }
    }

    #[test]
    fn a_name_that_somebody_points_at_this_machine_does_not() {
        for host in [
            "evil.example.com",
            "localhost.evil.example.com",
            "localhost@evil.example.com",
            "127.0.0.1.nip.io:8000",
            "192.168.1.4:8000",
            "0.0.0.0:8000",
            "",
        ] {
            assert!(!passes(host, None), "{host}");
        }
    }

    #[test]
    fn a_page_of_another_site_is_refused_though_it_knows_our_name() {
        let host = "localhost:8000";
        for origin in [
            "https://evil.example.com",
            "null",
            "http://localhost.evil.example.com",
        ] {
            assert!(!passes(host, Some(origin)), "{origin}");
        }
        for origin in [
            "http://localhost:5173",
            "http://127.0.0.1:8000",
            "https://app.example.com",
        ] {
            assert!(passes(host, Some(origin)), "{origin}");
        }
    }

    #[test]
    fn a_name_in_the_address_counts_as_one_in_the_header() {
        let uri = Uri::from_static("http://evil.example.com/api");
        assert!(objection(&uri, &HeaderMap::new(), &[]).is_some());
    }
}
