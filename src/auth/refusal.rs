//! Why somebody was not let in.
//!
//! The reasons are a closed list, because they label a counter. Each goes to
//! one log line; the caller is told what to do, which is the same whichever
//! check failed: an answer that told them apart would help to forge. That a
//! token has expired may be said, since its signature was good.

use actix_web::http::header::{HeaderValue, WWW_AUTHENTICATE};

use crate::error::{Code, Error};

/// What was wrong with what the caller brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NoToken,
    OddHeader,
    Oversized,
    Malformed,
    UnknownIssuer,
    WrongAlgorithm,
    UnknownKey,
    BadSignature,
    WrongAudience,
    BadTime,
    Expired,
    NotYetValid,
    NoSubject,
    NoOwner,
    UnknownApiKey,
    RevokedApiKey,
}

/// Nobody came in: by their fault, or by ours.
#[derive(Debug)]
pub(super) enum NoEntry {
    Refused(Refusal),
    Failed(Error),
}

impl Refusal {
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoToken => "no_token",
            Self::OddHeader => "odd_header",
            Self::Oversized => "oversized",
            Self::Malformed => "malformed",
            Self::UnknownIssuer => "unknown_issuer",
            Self::WrongAlgorithm => "wrong_algorithm",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::WrongAudience => "wrong_audience",
            Self::BadTime => "bad_time",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::NoSubject => "no_subject",
            Self::NoOwner => "no_owner",
            Self::UnknownApiKey => "unknown_api_key",
            Self::RevokedApiKey => "revoked_api_key",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::NoToken | Self::OddHeader => {
                "Send one header `Authorization: Bearer …` with an API key (rbk_…) or a token."
            }
            Self::Expired => "The token has expired: sign in again and send the new one.",
            Self::UnknownApiKey | Self::RevokedApiKey => {
                "This API key is not valid: ask an admin for a new one."
            }
            _ => "This token is not valid here: send a fresh one, made for this service.",
        }
    }
}

impl NoEntry {
    /// Tells the log and the counter why, and the caller what to do.
    pub fn into_error(self) -> Error {
        let refusal = match self {
            Self::Refused(refusal) => refusal,
            Self::Failed(error) => return error,
        };
        let reason = refusal.reason();
        tracing::info!(reason, "a caller was refused");
        metrics::counter!("ringback_auth_refused_total", "reason" => reason).increment(1);
        Error::new(Code::Unauthorized, refusal.message())
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }
}

impl From<Refusal> for NoEntry {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Error> for NoEntry {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
