//! What every page's answer passes on its way out.
//!
//! It gets the headers of a page: a policy that lets nothing in but what is
//! ours, and no place in anybody's cache. An error becomes a page in words,
//! inside the layout where somebody is logged in; and who is not, is led to
//! the log-in page and back.

use actix_web::{
    Error as ActixError, HttpMessage, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION,
            REFERRER_POLICY, SET_COOKIE, WWW_AUTHENTICATE,
        },
    },
    middleware::Next,
};
use url::form_urlencoded;

use super::{answer::HTML, pages::error::in_words, session};
use crate::error::{Code, Error};

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);
/// To nobody else. With `no-referrer` browsers would hide from us as well
/// which page a form comes from.
const REFERRER: HeaderValue = HeaderValue::from_static("same-origin");

pub async fn dress(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let response = next.call(req).await?.map_into_boxed_body();
    let mut response = said_in_words(response);
    let req = response.request().clone();
    let is_shown = response.status() != StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(REFERRER_POLICY, REFERRER);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if is_shown && session::flash(&req).is_some() {
        headers.append(
            SET_COOKIE,
            session::clear_flash(session::is_encrypted(&req)),
        );
    }
    Ok(response)
}

/// The error stays with the response, for the log line at the edge.
fn said_in_words(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let error = response.response().error();
    let Some(error) = error.and_then(|error| error.as_error::<Error>()) else {
        return response;
    };
    let req = response.request();
    if error.code() == Code::Unauthorized {
        let to = to_login(req);
        return response.map_body(|head, _| {
            head.status = StatusCode::SEE_OTHER;
            head.headers.remove(WWW_AUTHENTICATE);
            head.headers.remove(CONTENT_TYPE);
            put(&mut head.headers, LOCATION, &to);
            BoxBody::new(())
        });
    }
    let html = in_words(error, req.extensions().get(), session::theme(req));
    response.map_body(|head, _| {
        put(&mut head.headers, CONTENT_TYPE, HTML);
        BoxBody::new(html)
    })
}

fn put(headers: &mut HeaderMap, name: actix_web::http::header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

/// A page comes back to where one was; what a form wanted is lost.
fn to_login(req: &HttpRequest) -> String {
    match (req.method(), req.uri().path_and_query()) {
        (&Method::GET, Some(place)) if place.as_str() != "/" => {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("next", place.as_str())
                .finish();
            format!("/login?{query}")
        }
        _ => "/login".to_owned(),
    }
}
