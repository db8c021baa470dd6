//! What a receiver answered.

use std::fmt;

use bytes::Bytes;
use reqwest::{
    StatusCode,
    header::{HeaderMap, LOCATION},
};

use super::{
    advice::{WRONG_URL, of_signature},
    journey::Timings,
};

/// A status, with as much of the rest as was read.
#[derive(Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Whether there was, or should have been, more of the body.
    pub truncated: bool,
    pub timings: Timings,
}

/// Without what the receiver said, which may be anybody's words.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .field("truncated", &self.truncated)
            .field("timings", &self.timings)
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// Whether the receiver took it.
    pub fn is_success(&self) -> bool {
        self.status.is_success()
    }

    /// What a person should look at, where it was not taken.
    pub fn hint(&self) -> Option<String> {
        let status = self.status;
        let hint = match status.as_u16() {
            200..=299 => return None,
            300..=399 => return Some(self.redirect_hint()),
            400 => return Some(self.signature_hint("look in its log; it may be the signature.")),
            401 => {
                return Some(self.signature_hint(
                    "it did not believe the signature, or asks for a header of its own.",
                ));
            }
            404 => return Some(format!("answered {status}: nothing is there. {WRONG_URL}")),
            405 => return Some(format!("answered {status}: it takes no POST. {WRONG_URL}")),
            403 => {
                "it lets nobody in from here: look at its firewall and bot protection, and for a \
                 header that it asks for"
            }
            410 => "it is gone for good, so nothing more will be sent",
            413 => "the payload is too large for it: raise its limit",
            415 => "it takes no application/json: look at its body parser",
            429 => "it wants fewer requests: lower the rate",
            500..=599 => "an error of its own: look in its log",
            _ => "it did not take the request: look in its log",
        };
        Some(format!("answered {status}: {hint}"))
    }

    fn signature_hint(&self, what: &str) -> String {
        format!("answered {}: {what} {}", self.status, of_signature())
    }

    fn redirect_hint(&self) -> String {
        let location = self.headers.get(LOCATION);
        let location = location.map(|value| String::from_utf8_lossy(value.as_bytes()));
        let to = location.as_deref().unwrap_or("nowhere");
        format!(
            "answered {} to {to}: redirects are not followed, so use that address itself",
            self.status
        )
    }
}
