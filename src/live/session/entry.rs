//! Who comes in to follow a session: by the header of the handshake, or, as
//! browsers can set none there, by the first message.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    http::header::{AUTHORIZATION, HeaderValue},
    web::Data,
};
use entity::EventId;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    auth::{Access, Caller},
    error::{Code, Error, Result},
    infra::clock::{Clock, Millis, millis_of},
    live::{Live, Standing, open::last_event_id},
};

/// Who has said nothing by then is not waited for.
const GREETED_WITHIN: Duration = Duration::from_secs(10);
const TRY_AGAIN_AFTER_SECS: u64 = 10;

/// What a request brought.
pub(super) struct Entry {
    access: Data<Access>,
    authorization: Vec<HeaderValue>,
    last_event: Option<EventId>,
    /// Until when to wait for what is said first.
    pub greeted_by: Millis,
    _waits: OwnedSemaphorePermit,
}

/// Somebody who was let in, and the last event that they have.
pub(super) struct Admitted {
    pub standing: Standing,
    pub last_event: Option<EventId>,
}

/// What a browser says first.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum Greeting {
    Auth {
        token: String,
        last_event_id: Option<String>,
    },
}

impl Entry {
    pub fn new(req: &HttpRequest, access: Data<Access>, live: &Live, now: Millis) -> Result<Self> {
        let waits = live.waiting.clone().try_acquire_owned();
        Ok(Self {
            access,
            authorization: req.headers().get_all(AUTHORIZATION).cloned().collect(),
            last_event: last_event_id(req.headers()),
            greeted_by: now + millis_of(GREETED_WITHIN),
            _waits: waits.map_err(|_| too_many())?,
        })
    }

    pub fn has_header(&self) -> bool {
        !self.authorization.is_empty()
    }

    /// The caller whom the handshake names.
    pub async fn by_header(&self) -> Result<Caller> {
        self.access.authenticate(&self.authorization).await
    }

    /// Takes what was said first for what the header lacks.
    pub fn greeted(&mut self, text: &str) -> Result<()> {
        let Ok(Greeting::Auth {
            token,
            last_event_id,
        }) = serde_json::from_str(text)
        else {
            return Err(unreadable());
        };
        let header = HeaderValue::try_from(format!("Bearer {token}"));
        self.authorization = vec![header.map_err(|_| unreadable())?];
        let last_event = last_event_id.and_then(|id| id.parse().ok());
        self.last_event = last_event.or(self.last_event);
        Ok(())
    }

    pub async fn admit(self, clock: &Clock) -> Result<Admitted> {
        let caller = self.by_header().await?;
        Ok(Admitted {
            standing: Standing::by_token(caller, clock, self.access, self.authorization),
            last_event: self.last_event,
        })
    }
}

fn too_many() -> Error {
    let message = "As many wait here as can be of whom nothing is known yet.";
    Error::new(Code::Unready, message).with_retry_after(TRY_AGAIN_AFTER_SECS)
}

fn unreadable() -> Error {
    let message = r#"Say {"type":"auth","token":"…"} first, or send a bearer header."#;
    Error::new(Code::Unauthorized, message)
}
