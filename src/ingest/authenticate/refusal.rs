//! Why a webhook was not believed.
//!
//! The reasons are a closed list, because they label a counter. The sender is
//! told what to do, and never which check failed, but for a time that is off:
//! that may be said, since its signature was good.

use actix_web::http::header::{HeaderValue, WWW_AUTHENTICATE};

use super::{Mode, Secrets};
use crate::error::{Code, Error};

/// From what says least to what says most: of several, the last one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// No header of any mode, or empty ones alone.
    NoCredentials,
    /// The mode that was tried has no secret here.
    NotConfigured,
    /// A header that cannot be read, is there twice, or lacks its companion.
    Malformed,
    WrongSecret,
    WrongSignature,
    /// Signed with the right secret, but too long ago, or in the future.
    StaleTimestamp,
}

impl Reason {
    /// As the log and the counter write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoCredentials => "no_credentials",
            Self::NotConfigured => "not_configured",
            Self::Malformed => "malformed",
            Self::WrongSecret => "wrong_secret",
            Self::WrongSignature => "wrong_signature",
            Self::StaleTimestamp => "stale_timestamp",
        }
    }
}

/// Nobody who knows a secret has sent this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub reason: Reason,
    /// The modes whose headers were there.
    pub modes_tried: Vec<Mode>,
}

impl Refused {
    /// What is to be said before any mode was looked at.
    pub(super) fn at_first(secrets: &Secrets) -> Self {
        let reason = match secrets.are_missing() {
            true => Reason::NotConfigured,
            false => Reason::NoCredentials,
        };
        Self {
            reason,
            modes_tried: Vec::new(),
        }
    }

    pub(super) fn note(&mut self, mode: Mode, reason: Reason) {
        if reason != Reason::NoCredentials {
            self.modes_tried.push(mode);
        }
        self.reason = self.reason.max(reason);
    }

    fn message(&self) -> &'static str {
        match self.reason {
            Reason::StaleTimestamp => {
                "The webhook was signed more than 5 minutes ago, or in the future: set the \
                     sender's clock, or sign it again."
            }
            _ => {
                "The webhook does not prove where it comes from: send the shared secret as \
                     `x-vapi-secret` or as a bearer token, or sign the raw body."
            }
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::new(Code::InvalidSignature, refused.message())
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }
}
