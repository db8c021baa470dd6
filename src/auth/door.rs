//! The door: who does not pass here learns nothing of what is behind it.
//!
//! It wraps whole scopes, so that a caller without a token gets the same 401
//! for a route that is not there, a body that is too large, and somebody's
//! data.

use actix_web::{
    HttpMessage,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{AUTHORIZATION, HeaderValue},
    middleware::Next,
    web,
};
use anyhow::anyhow;

use super::{Access, Caller, refusal::Refusal};
use crate::error::{Error, Result};

const SCHEME: &str = "bearer";

/// The middleware of every scope that needs a caller.
pub async fn guard<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> std::result::Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    match caller_of(&req).await {
        Ok(caller) => {
            tracing::Span::current().record("caller", tracing::field::debug(caller.principal()));
            req.extensions_mut().insert(caller);
            Ok(next.call(req).await?.map_into_left_body())
        }
        Err(error) => Ok(req.error_response(error).map_into_right_body()),
    }
}

async fn caller_of(req: &ServiceRequest) -> Result<Caller> {
    let access = req
        .app_data::<web::Data<Access>>()
        .ok_or_else(|| Error::internal(anyhow!("a door without an Access beside it")))?;
    access
        .authenticate(req.headers().get_all(AUTHORIZATION))
        .await
}

/// Takes the token out of the one `Authorization` header. A second header is
/// refused: a proxy before us may have judged the other one.
pub(super) fn bearer<'h>(
    authorization: impl IntoIterator<Item = &'h HeaderValue>,
) -> std::result::Result<&'h str, Refusal> {
    let mut headers = authorization.into_iter();
    let header = headers.next().ok_or(Refusal::NoToken)?;
    if headers.next().is_some() {
        return Err(Refusal::OddHeader);
    }
    let text = header.to_str().map_err(|_| Refusal::OddHeader)?;
    let (scheme, token) = text.split_once(' ').ok_or(Refusal::OddHeader)?;
    let token = token.trim_matches(' ');
    let is_one_word = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    match scheme.eq_ignore_ascii_case(SCHEME) && is_one_word {
        true => Ok(token),
        false => Err(Refusal::OddHeader),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[&'static str]) -> std::result::Result<String, Refusal> {
        let headers: Vec<_> = headers
            .iter()
            .map(|text| HeaderValue::from_static(text))
            .collect();
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn one_bearer_token_is_taken_whatever_the_case_of_its_scheme() {
        for header in ["Bearer abc", "bearer abc", "BEARER  abc "] {
            assert_eq!(read(&[header]).as_deref(), Ok("abc"), "{header}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        assert_eq!(read(&[]), Err(Refusal::NoToken));
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "abc",
            "Basic abc",
            "Bearer a b",
            "Bearer a\tb",
            "Bearer,abc",
        ] {
            assert_eq!(read(&[header]), Err(Refusal::OddHeader), "{header}");
        }
        assert_eq!(read(&["Bearer abc", "Bearer abc"]), Err(Refusal::OddHeader));
        assert_eq!(
            bearer(&[HeaderValue::from_bytes(b"Bearer \xff").unwrap()]),
            Err(Refusal::OddHeader)
        );
    }
}
