//! What a page's handler answers: a page, or the way to another one.

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    body::BoxBody,
    http::header::{CONTENT_TYPE, HeaderValue, LOCATION, SET_COOKIE},
};
use askama::Template;

use super::session;
use crate::error::{Error, Result};

pub const HTML: &str = "text/html; charset=utf-8";

/// A page.
pub fn page(template: &impl Template) -> Result<HttpResponse> {
    let html = template.render().map_err(Error::internal)?;
    Ok(HttpResponse::Ok().content_type(HTML).body(html))
}

/// A form that is shown again, with what is wrong in it, under the status and
/// the headers of what is wrong.
pub fn again(error: &Error, template: &impl Template) -> Result<HttpResponse> {
    let html = template.render().map_err(Error::internal)?;
    let mut response = error.error_response().set_body(BoxBody::new(html));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
    Ok(response)
}

/// To another page, after a form was taken, so that loading it again does
/// not send the form again.
pub fn go(to: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, to))
        .finish()
}

/// The same, with a sentence that the other page shows once.
pub fn go_and_say(req: &HttpRequest, to: &str, sentence: &str) -> HttpResponse {
    let cookie = session::flash_cookie(sentence, session::is_encrypted(req));
    HttpResponse::SeeOther()
        .insert_header((LOCATION, to))
        .insert_header((SET_COOKIE, cookie))
        .finish()
}
