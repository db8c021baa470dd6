//! A delivery as it would be sent now, for whoever wants to send it by hand.
//!
//! It is signed for this moment, by the secrets that sign now, and is not
//! sent: the signature leaves the house, the secret does not. A subscription's
//! own headers are named without their values, which are somebody's tokens.

use std::time::Duration;

use reqwest::header::HeaderMap;

use super::{
    log::{Logged, read::Delivery},
    receiver::Receiver,
    sign::{Attempt, sign},
};
use crate::{
    app::App,
    error::{Code, Error, Result},
    infra::clock::{Millis, millis_of},
    subscriptions::Subscription,
};

/// Receivers that follow Standard Webhooks take a signature no longer.
const SIGNATURE_LASTS: Duration = Duration::from_secs(5 * 60);

/// What would be sent.
#[derive(Clone, Debug)]
pub struct Reproduction {
    pub url: String,
    /// Ours, the signatures among them.
    pub headers: HeaderMap,
    /// The names of the subscription's own, which its receiver may ask for.
    pub own_headers: Vec<String>,
    pub body: Vec<u8>,
    /// Receivers that look at the time refuse it from then on.
    pub stale_at: Millis,
}

/// Signs a delivery that was found, as its latest attempt.
pub fn reproduce(app: &App, logged: &Logged, delivery: &Delivery) -> Result<Reproduction> {
    if logged.subscription.deleted_at.is_some() {
        return refuse("The subscription is deleted: nothing is signed for it any more.");
    }
    let Some(body) = delivery.payload.clone() else {
        return refuse("Its event is past retention, so there is nothing left to sign.");
    };
    let subscription = Subscription::of(logged.subscription.clone()).map_err(Error::internal)?;
    let receiver = Receiver::open(&app.seal, &subscription).map_err(Error::internal)?;
    let (line, now) = (&delivery.line, app.clock.millis());
    let attempt = Attempt {
        id: &line.event_id.to_string(),
        event: &line.kind,
        at: app.clock.now(),
        number: u32::try_from(line.attempts).unwrap_or(0).max(1),
        is_replay: line.is_replay(),
    };
    let headers = sign(attempt, &body, &receiver.signers(now)).map_err(Error::internal)?;
    tracing::info!(delivery = %line.id, "a delivery was signed, to be sent by hand");
    Ok(Reproduction {
        url: receiver.url.to_string(),
        headers,
        own_headers: receiver.headers.keys().map(ToString::to_string).collect(),
        body,
        stale_at: now + millis_of(SIGNATURE_LASTS),
    })
}

fn refuse<T>(message: &'static str) -> Result<T> {
    Err(Error::new(Code::Conflict, message))
}
