//! Logging out: the session is over everywhere, and the cookie goes.

use actix_web::{HttpRequest, http::header::HeaderValue};

use super::{cookie, is_encrypted, store};
use crate::{app::App, error::Result};

pub async fn leave(req: &HttpRequest, app: &App) -> Result<HeaderValue> {
    if let Some(token) = cookie::session(req) {
        app.db
            .write(move |tx| async move { store::end(&*tx, &token).await })
            .await?;
    }
    Ok(cookie::clear_session(is_encrypted(req)))
}
