//! Whether somebody who listens may still listen.
//!
//! A stream outlives the request that opened it, and with it the moment at
//! which its caller was let in. So the proof is shown again before anything is
//! told, at most every two seconds: a key that was revoked, a token that ran
//! out, or a role that changed ends the stream as soon as it would end
//! anything else.

use std::time::Duration;

use actix_web::{http::header::HeaderValue, web::Data};
use futures_util::future::LocalBoxFuture;

use crate::{
    auth::{Access, Caller},
    error::{Code, Error, Result},
    infra::clock::{Clock, Millis, millis_of},
};

/// The key ring remembers for two seconds too, so nothing is told to anybody
/// who was put out five seconds ago.
const SHOWN_AGAIN_AFTER: Duration = Duration::from_secs(2);

type Show = Box<dyn Fn() -> LocalBoxFuture<'static, Result<Caller>>>;

pub struct Standing {
    caller: Caller,
    show: Show,
    shown_at: Millis,
}

impl Standing {
    /// Of a caller who was let in just now; `show` lets it in again.
    pub fn new(
        caller: Caller,
        clock: &Clock,
        show: impl Fn() -> LocalBoxFuture<'static, Result<Caller>> + 'static,
    ) -> Self {
        Self {
            caller,
            show: Box::new(show),
            shown_at: clock.millis(),
        }
    }

    /// Of a caller who came in by a token.
    pub fn by_token(
        caller: Caller,
        clock: &Clock,
        access: Data<Access>,
        authorization: Vec<HeaderValue>,
    ) -> Self {
        Self::new(caller, clock, move || {
            let (access, authorization) = (access.clone(), authorization.clone());
            Box::pin(async move { access.authenticate(&authorization).await })
        })
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Whether the caller is let in as who it was. Where we cannot find out
    /// for a fault of ours, it stays.
    pub(super) async fn holds(&mut self, now: Millis) -> bool {
        if now - self.shown_at < millis_of(SHOWN_AGAIN_AFTER) {
            return true;
        }
        self.shown_at = now;
        match (self.show)().await {
            Ok(caller) => caller == self.caller,
            Err(error) => !is_refusal(&error),
        }
    }
}

fn is_refusal(error: &Error) -> bool {
    matches!(error.code(), Code::Unauthorized | Code::Forbidden)
}
