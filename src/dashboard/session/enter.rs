//! Logging in: a key or a token becomes a cookie.

use std::{net::Ipv6Addr, time::Duration};

use actix_web::{HttpRequest, http::header::HeaderValue};

use super::{
    cookie, is_encrypted,
    store::{self, New},
    token::Token,
};
use crate::{
    app::App,
    auth::{Access, Credential},
    error::Result,
    infra::{clock::millis_of, peer::Peer},
};

/// A working day, and some.
const SESSION_LASTS: Duration = Duration::from_secs(12 * 3_600);

/// What the browser is to keep.
pub struct Entered {
    pub cookie: HeaderValue,
}

pub async fn enter(req: &HttpRequest, app: &App, access: &Access, secret: &str) -> Result<Entered> {
    let socket = req
        .peer_addr()
        .map_or(Ipv6Addr::UNSPECIFIED.into(), |address| address.ip());
    let peer = Peer::of(socket, req.headers(), &app.config.server.trusted_proxies);
    begin(req, app, access.admit(secret, peer).await?).await
}

/// A session of somebody who was recognised.
pub async fn begin(req: &HttpRequest, app: &App, credential: Credential) -> Result<Entered> {
    let (token, now) = (Token::random(), app.clock.millis());
    let (kept, seal) = (token.clone(), app.seal.clone());
    app.db
        .write(move |tx| async move {
            let new = New {
                token: &kept,
                credential: &credential,
                created_at: now,
                expires_at: now + millis_of(SESSION_LASTS),
            };
            store::keep(&*tx, &seal, new).await
        })
        .await?;
    let secs = i64::try_from(SESSION_LASTS.as_secs()).unwrap_or(i64::MAX);
    Ok(Entered {
        cookie: cookie::session_cookie(&token, secs, is_encrypted(req)),
    })
}
