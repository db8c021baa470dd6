//! The headers that say what a delivery is and prove whom it is from.
//!
//! One secret signs in two ways, so that a receiver may be ten lines of code
//! that read `x-webhook-signature`, or a library that reads `webhook-signature`.
//! While a secret is being rotated both it and the one before sign, each in the
//! place where its receivers look.

use chrono::{DateTime, Utc};
use reqwest::header::{
    CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue, USER_AGENT,
};

use crate::infra::egress;

pub use crate::subscriptions::SigningSecret;

const X_ID: HeaderName = HeaderName::from_static("x-webhook-id");
const X_EVENT: HeaderName = HeaderName::from_static("x-webhook-event");
const X_TIMESTAMP: HeaderName = HeaderName::from_static("x-webhook-timestamp");
const X_ATTEMPT: HeaderName = HeaderName::from_static("x-webhook-attempt");
const X_REPLAY: HeaderName = HeaderName::from_static("x-webhook-replay");
const X_SIGNATURE: HeaderName = HeaderName::from_static("x-webhook-signature");
const X_SIGNATURE_PREVIOUS: HeaderName = HeaderName::from_static("x-webhook-signature-previous");
const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// The secrets that sign for one receiver.
#[derive(Clone, Debug)]
pub struct Signers {
    pub current: SigningSecret,
    /// While receivers that know only this one may be left.
    pub previous: Option<SigningSecret>,
}

/// What an attempt at a delivery says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The event's id, the same at every attempt.
    pub id: &'a str,
    pub event: &'a str,
    pub at: DateTime<Utc>,
    /// From 1.
    pub number: u32,
    /// Whether the event was asked for again.
    pub is_replay: bool,
}

/// All headers of an attempt but a subscription's own. The only error is an
/// id or a name that no header can hold; ours can be held.
pub fn sign(
    attempt: Attempt<'_>,
    body: &[u8],
    signers: &Signers,
) -> Result<HeaderMap, InvalidHeaderValue> {
    let timestamp = attempt.at.timestamp().to_string();
    let (current, previous) = (&signers.current, signers.previous.as_ref());
    let standard: Vec<String> = [Some(current), previous]
        .into_iter()
        .flatten()
        .map(|secret| secret.over_message(attempt.id, &timestamp, body))
        .collect();
    let id = HeaderValue::from_str(attempt.id)?;
    let at = HeaderValue::from_str(&timestamp)?;

    let mut headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (USER_AGENT, HeaderValue::from_static(egress::USER_AGENT)),
        (X_ID, id.clone()),
        (X_EVENT, HeaderValue::from_str(attempt.event)?),
        (X_TIMESTAMP, at.clone()),
        (X_ATTEMPT, attempt.number.into()),
        (
            X_SIGNATURE,
            HeaderValue::from_str(&current.over_body(body))?,
        ),
        (ID, id),
        (TIMESTAMP, at),
        (SIGNATURE, HeaderValue::from_str(&standard.join(" "))?),
    ]);
    if let Some(previous) = previous {
        let signature = HeaderValue::from_str(&previous.over_body(body))?;
        headers.insert(X_SIGNATURE_PREVIOUS, signature);
    }
    if attempt.is_replay {
        headers.insert(X_REPLAY, HeaderValue::from_static("true"));
    }
    Ok(headers)
}

#[cfg(test)]
mod tests;
