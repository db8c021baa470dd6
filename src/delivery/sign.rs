//! The headers that say what a delivery is and prove whom it is from.
//!
//! One secret signs in two ways, so that a receiver may be ten lines of code or
//! a library. `x-webhook-signature` is HMAC-SHA256 over the body alone, keyed
//! with the secret as it is written. `webhook-signature` is what the Standard
//! Webhooks libraries check: over id, moment and body, keyed with the bytes
//! that the secret encodes. While a secret is being rotated both it and the
//! one before sign, each in the place where its receivers look.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{
    CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue, USER_AGENT,
};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{config::Secret, infra::egress};

const PREFIX: &str = "whsec_";
const KEY_BYTES: usize = 32;
const KEY_BYTES_MIN: usize = 24;
const KEY_BYTES_MAX: usize = 64;

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

/// A secret shared with a receiver: `whsec_` and base64 of 24 to 64 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningSecret {
    text: Secret,
    key: Key,
}

#[derive(Clone, PartialEq, Eq)]
struct Key(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(hidden)")
    }
}

/// Why a text is not such a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error("a secret begins with {PREFIX}")]
    Prefix,
    #[error("after {PREFIX} a secret is base64, padded with =")]
    Base64,
    #[error("a secret encodes {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes, not {0}")]
    Length(usize),
}

impl SigningSecret {
    /// A new one, of random bytes.
    pub fn generate() -> Self {
        let key = Zeroizing::new(rand::random::<[u8; KEY_BYTES]>().to_vec());
        let text = Secret::new(format!("{PREFIX}{}", BASE64.encode(&*key)));
        Self {
            text,
            key: Key(key),
        }
    }

    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(SecretError::Prefix)?;
        let key = BASE64.decode(encoded).map_err(|_| SecretError::Base64)?;
        let key = Zeroizing::new(key);
        if !(KEY_BYTES_MIN..=KEY_BYTES_MAX).contains(&key.len()) {
            return Err(SecretError::Length(key.len()));
        }
        Ok(Self {
            text: Secret::new(text),
            key: Key(key),
        })
    }

    /// As it is written: to be sealed, or shown once.
    pub fn text(&self) -> &Secret {
        &self.text
    }

    fn over_body(&self, body: &[u8]) -> String {
        let mac = hmac(self.text.expose().as_bytes(), &[body]);
        format!("sha256={}", hex::encode(mac))
    }

    fn over_message(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let message = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
        format!("v1,{}", BASE64.encode(hmac(&self.key.0, &message)))
    }
}

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

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("a MAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
