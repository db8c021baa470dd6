//! Whoever looks at a page: a caller with a session.
//!
//! A page takes `Visit` as an argument, so none can be shown to somebody who
//! is not logged in. What changes something takes `Posted` instead, which
//! holds a visit whose form was checked: on its own, a visit refuses to be
//! made of anything but a GET.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::Method, web::Data};
use anyhow::anyhow;

use super::{cookie, csrf, store, token::Token};
use crate::{
    app::App,
    auth::{Access, Admin, Caller, Scope},
    dashboard::frame::{Frame, Room},
    error::{Code, Error, Result},
    infra::clock::Millis,
};

#[derive(Clone)]
pub struct Visit {
    pub caller: Caller,
    pub now: Millis,
    token: Token,
    flash: Option<String>,
    theme: Option<&'static str>,
}

impl Visit {
    /// Whose data the pages show: an admin sees everybody's.
    pub fn scope(&self) -> Scope {
        self.caller.scope()
    }

    /// For what only an admin may see or do.
    pub fn admin(&self) -> Result<Admin> {
        self.caller.clone().try_into()
    }

    /// What every page of this visit has around it.
    pub fn frame(&self, room: Room) -> Frame {
        Frame {
            who: self.caller.owner().to_owned(),
            is_admin: self.caller.is_admin(),
            csrf: csrf::masked(&self.token),
            room,
            said: self.flash.clone(),
            theme: self.theme,
            now: self.now,
        }
    }

    pub fn owns_form(&self, csrf: &str) -> bool {
        csrf::is_of(&self.token, csrf)
    }

    /// Who it is, whatever the method: for forms, which prove more.
    pub async fn of(req: &HttpRequest) -> Result<Self> {
        let missing = || Error::internal(anyhow!("a page without an App beside it"));
        let app = req.app_data::<Data<App>>().ok_or_else(missing)?;
        let access = req.app_data::<Data<Access>>().ok_or_else(missing)?;
        let token = cookie::session(req).ok_or_else(logged_out)?;
        let now = app.clock.millis();
        let found = store::find(app.db.read(), &app.seal, &token, now).await?;
        let visit = Self {
            caller: access.recall(&found.ok_or_else(logged_out)?).await?,
            now,
            token,
            flash: cookie::flash(req),
            theme: cookie::theme(req),
        };
        let principal = visit.caller.principal();
        tracing::Span::current().record("caller", tracing::field::debug(principal));
        req.extensions_mut().insert(visit.clone());
        Ok(visit)
    }
}

fn logged_out() -> Error {
    Error::new(Code::Unauthorized, "Log in first.")
}

impl FromRequest for Visit {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            match *req.method() {
                Method::GET | Method::HEAD => Self::of(&req).await,
                _ => Err(Error::internal(anyhow!(
                    "a form whose proof nobody asks for"
                ))),
            }
        })
    }
}
