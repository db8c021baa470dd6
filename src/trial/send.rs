//! Sending one sample, as a delivery is sent.

use bytes::Bytes;
use entity::EventId;
use reqwest::{
    Url,
    header::{HeaderMap, InvalidHeaderValue},
};
use uuid::Uuid;

use super::target::Target;
use crate::{
    app::App,
    delivery::sign::{Attempt, sign},
    error::{Error, Result},
    events,
    infra::egress::{Outcome, Outgoing},
};

/// What a delivery reads of an answer; less of it is shown.
const RESPONSE_BYTES_MAX: usize = 64 << 10;

/// What was sent, and what became of it.
pub(super) struct Trial {
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub outcome: Outcome,
}

pub(super) async fn send(app: &App, target: &Target) -> Result<Trial> {
    let id = EventId::from_uuid(Uuid::now_v7());
    let body = Bytes::from(events::sample(target.kind, id, app.clock.millis()).into_bytes());
    let request = Outgoing {
        url: target.url.clone(),
        headers: headers(app, target, id, &body).map_err(Error::internal)?,
        body,
        timeout: app.config.delivery.timeout,
        response_bytes_max: RESPONSE_BYTES_MAX,
    };
    Ok(Trial {
        url: request.url.clone(),
        headers: request.headers.clone(),
        body: request.body.clone(),
        outcome: app.egress.send(request).await,
    })
}

/// The subscription's own headers never replace one of ours.
fn headers(
    app: &App,
    target: &Target,
    id: EventId,
    body: &[u8],
) -> std::result::Result<HeaderMap, InvalidHeaderValue> {
    let id = id.to_string();
    let attempt = Attempt {
        id: &id,
        event: target.kind.name(),
        at: app.clock.now(),
        number: 1,
        is_replay: false,
    };
    let mut headers = target.headers.clone();
    for (name, value) in &sign(attempt, body, &target.signers)? {
        headers.insert(name, value.clone());
    }
    Ok(headers)
}
