//! The signature debugger: does it verify, and if not, what went wrong?
//!
//! A signature either matches or it does not, and says nothing more. But the
//! mistakes that people make are few: another secret, the right one used in
//! the wrong way, a body that was parsed and written again. So each of them is
//! tried; the one with which the signature does match is the one that was
//! made. Pure: nothing is read but what is given.
//!
//! There are two schemes, and a delivery carries both. Each whose headers are
//! there is checked by itself; the answer speaks of the first that verifies,
//! else of the first.

mod key;
mod over_body;
mod over_message;
mod rewriting;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use utoipa::ToSchema;

use crate::{config::Secret, delivery::sign::SigningSecret, infra::egress::advice};

/// A way to sign, by the header that holds the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub enum Scheme {
    /// Over the body alone.
    #[serde(rename = "x-webhook-signature")]
    OverBody,
    /// Standard Webhooks: over id, timestamp and body.
    #[serde(rename = "webhook-signature")]
    StandardWebhooks,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OverBody => over_body::SIGNATURE,
            Self::StandardWebhooks => over_message::SIGNATURE,
        })
    }
}

/// Everything that can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignatureReason)]
pub enum Reason {
    Ok,
    /// It is not the secret that signed, nor anything else that is known to go wrong.
    WrongSecret,
    /// It was signed with another secret of a rotation.
    OldSecret,
    /// What was given is no secret as it is written, or not all of it.
    SecretMalformed,
    /// The key is the secret as it is written, and what it encodes was used.
    SecretDecoded,
    /// The key is what the secret encodes, and the secret as it is written was used.
    SecretNotDecoded,
    /// The body was parsed and written again in other bytes.
    BodyRewritten,
    /// The body got a byte order mark, line breaks or blanks at its ends.
    BodyPadded,
    /// The signature lacks `sha256=`, or `v1,`.
    PrefixMissing,
    /// The signature is not in the digits that belong to it: lower-case hex, or base64.
    WrongEncoding,
    /// It verifies, but is older than receivers take.
    StaleTimestamp,
    /// It verifies, but comes from the future: a clock is wrong.
    EarlyTimestamp,
    HeaderMissing,
    HeaderMalformed,
}

impl Reason {
    /// As it is written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::WrongSecret => "wrong_secret",
            Self::OldSecret => "old_secret",
            Self::SecretMalformed => "secret_malformed",
            Self::SecretDecoded => "secret_decoded",
            Self::SecretNotDecoded => "secret_not_decoded",
            Self::BodyRewritten => "body_rewritten",
            Self::BodyPadded => "body_padded",
            Self::PrefixMissing => "prefix_missing",
            Self::WrongEncoding => "wrong_encoding",
            Self::StaleTimestamp => "stale_timestamp",
            Self::EarlyTimestamp => "early_timestamp",
            Self::HeaderMissing => "header_missing",
            Self::HeaderMalformed => "header_malformed",
        }
    }
}

/// The secret of the receiver, and the one before where that is known.
#[derive(Clone, Debug)]
pub struct Secrets {
    pub current: Secret,
    pub previous: Option<Secret>,
}

impl Secrets {
    pub fn of(current: &str) -> Self {
        Self {
            current: Secret::new(current),
            previous: None,
        }
    }
}

/// Headers by their names in lower case.
#[derive(Clone, Debug, Default)]
pub struct Headers(BTreeMap<String, String>);

impl Headers {
    pub fn of_pairs(pairs: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>) -> Self {
        let tidied = pairs.into_iter().map(|(name, value)| {
            let name = name.as_ref().trim().to_ascii_lowercase();
            (name, value.as_ref().trim().to_owned())
        });
        Self(tidied.collect())
    }

    /// Reads `name: value`.
    pub fn read_line(line: &str) -> Option<(String, String)> {
        let (name, value) = line.split_once(':')?;
        let name = name.trim();
        (!name.is_empty()).then(|| (name.to_owned(), value.to_owned()))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// What came of one scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Check {
    pub scheme: Scheme,
    pub verified: bool,
    pub reason: Reason,
    pub message: String,
}

/// What came of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub verified: bool,
    pub scheme: Option<Scheme>,
    pub reason: Reason,
    pub message: String,
    pub checks: Vec<Check>,
}

/// Judges a delivery as it was received, at a moment in seconds since 1970.
pub fn verify(secrets: &Secrets, headers: &Headers, body: &[u8], now: i64) -> Judged {
    let checks: Vec<_> = [
        over_body::check(secrets, headers, body),
        over_message::check(secrets, headers, body, now),
    ]
    .into_iter()
    .flatten()
    .collect();
    let telling = checks
        .iter()
        .find(|check| check.verified)
        .or(checks.first())
        .cloned();
    match telling {
        Some(check) => Judged {
            verified: check.verified,
            scheme: Some(check.scheme),
            reason: check.reason,
            message: check.message,
            checks,
        },
        None => Judged {
            verified: false,
            scheme: None,
            reason: Reason::HeaderMissing,
            message: format!(
                "Neither {} nor {} is among the headers: give all that the receiver got.",
                over_body::SIGNATURE,
                over_message::SIGNATURE
            ),
            checks,
        },
    }
}

impl Check {
    fn of(scheme: Scheme, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            scheme,
            verified: reason == Reason::Ok,
            reason,
            message: message.into(),
        }
    }
}

/// A mistake that explains the signature, and the words for it.
type Finding = (Reason, &'static str);

/// What both schemes say of a signature that nothing explains.
fn unexplained(secrets: &Secrets) -> Finding {
    match SigningSecret::parse(secrets.current.expose()) {
        Ok(_) => (Reason::WrongSecret, advice::WRONG_SECRET),
        Err(_) => (
            Reason::SecretMalformed,
            "What was given is not a secret as it is written, which is `whsec_` and the base64 of \
             24 to 64 bytes: give all of it.",
        ),
    }
}

/// What both schemes say of a body with which the signature matches.
fn of_body(form: rewriting::Form) -> Option<Finding> {
    match form {
        rewriting::Form::AsItIs => None,
        rewriting::Form::Unpadded => Some((
            Reason::BodyPadded,
            "The signature is of this body without the byte order mark, line breaks or blanks at \
             its ends: hash the bytes of the request as they came, and nothing more.",
        )),
        rewriting::Form::Rewritten => Some((Reason::BodyRewritten, advice::BODY_REWRITTEN)),
    }
}

const VERIFIES: &str = "The signature verifies.";
