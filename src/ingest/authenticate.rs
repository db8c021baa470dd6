//! Is it Vapi who speaks?
//!
//! Vapi can be told to prove itself in several ways, and its users mix them
//! up, so all of them are tried and one that passes is enough:
//!
//! ```text
//!   mode                headers                                   secrets
//!   standard webhooks   webhook-id, -timestamp, -signature        signing
//!   signature           x-vapi-signature or x-signature,          signing
//!                       and x-timestamp where it is signed
//!   shared secret       x-webhook-secret or x-vapi-secret         shared
//!   bearer              authorization, with or without Bearer     shared
//! ```
//!
//! The strongest is tried first, because it alone brings an id that can be
//! believed. An empty header is no try at all: Vapi sends one where it has no
//! credential. A header that comes twice is refused, since a proxy before us
//! may have judged the other one. Signatures are over the bytes as they came.
//!
//! Pure: headers, a body, a time and the secrets; every comparison takes the
//! same time whatever it finds, over all secrets of a list.

mod header;
mod refusal;
mod secrets;
mod security_log;
mod shared_secret;
mod signature;
mod standard_webhooks;
mod timestamp;

use actix_web::http::header::HeaderMap;

pub use refusal::{Reason, Refused};
pub use secrets::Secrets;
pub use security_log::security_log;

use crate::infra::clock::Millis;

/// A way to prove where a webhook comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    StandardWebhooks,
    Signature,
    SharedSecret,
    Bearer,
}

/// The webhook comes from somebody who knows a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    pub mode: Mode,
    /// The message's own id, where it was under the signature: the same on
    /// every try of the same message.
    pub webhook_id: Option<String>,
}

/// A webhook as it came.
#[derive(Clone, Copy)]
struct Request<'r> {
    headers: &'r HeaderMap,
    body: &'r [u8],
    now: Millis,
}

/// What one mode finds; [`Reason::NoCredentials`] where it was not tried.
type Verdict = Result<(), Reason>;

/// Tries every mode that the headers speak of.
pub fn authenticate(
    headers: &HeaderMap,
    body: &[u8],
    now: Millis,
    secrets: &Secrets,
) -> Result<Passed, Refused> {
    let request = Request { headers, body, now };
    let mut refused = Refused::at_first(secrets);
    for mode in Mode::ALL {
        match mode.verify(request, secrets) {
            Ok(()) => return Ok(mode.passed(headers)),
            Err(reason) => refused.note(mode, reason),
        }
    }
    Err(refused)
}

impl Mode {
    const ALL: [Self; 4] = [
        Self::StandardWebhooks,
        Self::Signature,
        Self::SharedSecret,
        Self::Bearer,
    ];

    /// As the log writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::StandardWebhooks => "standard_webhooks",
            Self::Signature => "signature",
            Self::SharedSecret => "shared_secret",
            Self::Bearer => "bearer",
        }
    }

    fn verify(self, request: Request<'_>, secrets: &Secrets) -> Verdict {
        match self {
            Self::StandardWebhooks => standard_webhooks::verify(request, secrets),
            Self::Signature => signature::verify(request, secrets),
            Self::SharedSecret => shared_secret::verify_header(request, secrets),
            Self::Bearer => shared_secret::verify_bearer(request, secrets),
        }
    }

    fn passed(self, headers: &HeaderMap) -> Passed {
        let webhook_id = match self {
            Self::StandardWebhooks => standard_webhooks::id(headers).ok().map(str::to_owned),
            _ => None,
        };
        Passed {
            mode: self,
            webhook_id,
        }
    }
}

/// One that passes is enough; where none does, the most telling reason counts.
fn best_of(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    let worst = Err(Reason::NoCredentials);
    verdicts
        .into_iter()
        .fold(worst, |best, next| match (best, next) {
            (Err(one), Err(other)) => Err(one.max(other)),
            _ => Ok(()),
        })
}

#[cfg(test)]
mod tests;
