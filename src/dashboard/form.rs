//! Forms: where they come from is proved before they are read.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Query};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::session::{Visit, comes_from_here};
use crate::{
    error::{Code, Error, Result},
    infra::body::{API_BODY_BYTES_MAX, End, read_within},
};

const MEDIA: &str = "application/x-www-form-urlencoded";
/// What the hidden field is called in every form.
const CSRF: &str = "csrf";

/// A form that a visitor has sent from a page of ours.
pub struct Posted<T> {
    pub visit: Visit,
    pub form: T,
}

/// A form of somebody who is not logged in yet.
pub struct OpenForm<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Posted<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move {
            let visit = Visit::of(&req).await?;
            let mut fields = read(&req, payload).await?;
            let number = take(&mut fields, CSRF).unwrap_or_default();
            if !visit.owns_form(&number) {
                return Err(stale());
            }
            Ok(Self {
                visit,
                form: understand(&fields)?,
            })
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for OpenForm<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move { understand(&read(&req, payload).await?).map(Self) })
    }
}

type Fields = Vec<(String, String)>;

async fn read(req: &HttpRequest, payload: Payload) -> Result<Fields> {
    if !comes_from_here(req) {
        let message = "This form was sent by another site, so nothing was done.";
        return Err(Error::new(Code::Forbidden, message));
    }
    if !actix_web::HttpMessage::content_type(req).eq_ignore_ascii_case(MEDIA) {
        return Err(Error::new(Code::UnsupportedMediaType, "Send a form."));
    }
    let body = read_within(payload, End::of(req), API_BODY_BYTES_MAX).await?;
    Ok(form_urlencoded::parse(&body).into_owned().collect())
}

fn take(fields: &mut Fields, name: &str) -> Option<String> {
    let at = fields.iter().position(|(key, _)| key == name)?;
    Some(fields.remove(at).1)
}

/// A form is written as a query is, so it is understood as one.
fn understand<T: DeserializeOwned>(fields: &Fields) -> Result<T> {
    let text = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let form = Query::<T>::from_query(&text);
    form.map(Query::into_inner)
        .map_err(|error| Error::invalid("form", error.to_string()))
}

fn stale() -> Error {
    Error::new(
        Code::Forbidden,
        "This form was not made for your session, so nothing was done: load its page again.",
    )
}
