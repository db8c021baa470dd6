//! Logging in and out.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{LOCATION, SET_COOKIE},
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;

use crate::{
    app::App,
    auth::Access,
    dashboard::{
        answer::{again, go, page},
        assets,
        form::{OpenForm, Posted},
        session::{self, Entered, Visit},
    },
    error::{Code, Result},
};

const NEXT_BYTES_MAX: usize = 1_000;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    theme: Option<&'static str>,
    next: String,
    /// Why it did not work.
    refused: Option<String>,
    takes_tokens: bool,
}

#[derive(Deserialize)]
pub struct LoginQuery {
    next: Option<String>,
}

#[derive(Deserialize)]
pub struct LoginForm {
    secret: String,
    next: Option<String>,
}

/// A form without anything in it but its proof.
#[derive(Deserialize)]
pub struct Nothing {}

pub async fn show(
    req: HttpRequest,
    app: Data<App>,
    access: Data<Access>,
    query: Query<LoginQuery>,
) -> Result<HttpResponse> {
    let next = local(query.into_inner().next);
    match Visit::of(&req).await {
        Ok(_) => return Ok(go(&next)),
        Err(error) if error.code() == Code::Unauthorized => {}
        Err(error) => return Err(error),
    }
    match access.without_proof() {
        Some(nobody) => Ok(led_to(&next, session::begin(&req, &app, nobody).await?)),
        None => page(&blank(&req, &app, next)),
    }
}

pub async fn enter(
    req: HttpRequest,
    app: Data<App>,
    access: Data<Access>,
    form: OpenForm<LoginForm>,
) -> Result<HttpResponse> {
    let LoginForm { secret, next } = form.0;
    let next = local(next);
    match session::enter(&req, &app, &access, secret.trim()).await {
        Ok(entered) => Ok(led_to(&next, entered)),
        Err(error) if [Code::Unauthorized, Code::RateLimited].contains(&error.code()) => {
            let shown = LoginPage {
                refused: Some(error.message().to_owned()),
                ..blank(&req, &app, next)
            };
            again(&error, &shown)
        }
        Err(error) => Err(error),
    }
}

fn led_to(next: &str, entered: Entered) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, next))
        .insert_header((SET_COOKIE, entered.cookie))
        .finish()
}

pub async fn leave(
    req: HttpRequest,
    app: Data<App>,
    _posted: Posted<Nothing>,
) -> Result<HttpResponse> {
    let cookie = session::leave(&req, &app).await?;
    Ok(HttpResponse::SeeOther()
        .insert_header((LOCATION, "/login"))
        .insert_header((SET_COOKIE, cookie))
        .finish())
}

fn blank(req: &HttpRequest, app: &App, next: String) -> LoginPage {
    let access = &app.config.access;
    LoginPage {
        theme: session::theme(req),
        next,
        refused: None,
        takes_tokens: access.firebase.is_some() || access.oidc.is_some(),
    }
}

/// A path of ours, or the first page: nobody is led elsewhere by a link to
/// the log-in page. Browsers take `\` for `/` and leave out line breaks.
fn local(next: Option<String>) -> String {
    let is_local = |path: &String| {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
        path.starts_with('/')
            && !path.starts_with("//")
            && path.len() <= NEXT_BYTES_MAX
            && path.bytes().all(is_plain)
    };
    next.filter(is_local).unwrap_or_else(|| "/".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_back_to_a_page_of_ours_and_to_nothing_else() {
        for path in ["/", "/calls", "/calls?status=ENDED&cursor=abc", "/a//b"] {
            assert_eq!(local(Some(path.to_owned())), path);
        }
        for elsewhere in [
            "",
            "calls",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            " //evil.example",
            "/ä",
        ] {
            assert_eq!(local(Some(elsewhere.to_owned())), "/", "{elsewhere:?}");
        }
        assert_eq!(
            local(Some("/".repeat(2) + &"a".repeat(NEXT_BYTES_MAX))),
            "/"
        );
        assert_eq!(local(None), "/");
    }
}
