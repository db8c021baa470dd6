//! What is answered, in JSON.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    send::Trial,
    target::{SignedWith, Target},
    verify::{Check, Judged, Reason, Scheme},
};
use crate::infra::egress::{Outcome, Phase, Timings};

const RESPONSE_BYTES_SHOWN_MAX: usize = 4 << 10;
/// Stands for the value of a header that may hold a password.
const HIDDEN: &str = "(hidden)";
/// The kind of failure of an answer that came, but was no success.
const STATUS: &str = "status";

/// What was sent, and what became of it.
#[derive(Serialize, ToSchema)]
pub struct TestedWebhook {
    #[schema(example = true)]
    success: bool,
    pub delivered: bool,
    #[schema(required = true, example = 200)]
    pub status: Option<u16>,
    pub signed_with: SignedWith,
    /// Only where it was made for this trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<String>,
    pub request: SentRequest,
    pub timing: Timing,
    /// Null where none came.
    #[schema(required = true)]
    pub response: Option<HeardResponse>,
    /// The kind of failure: `status`, `dns`, `connect`, `tls`, `timeout` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "tls")]
    pub error: Option<&'static str>,
    /// What was waited for when the time was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "answer")]
    pub timed_out_in: Option<&'static str>,
    /// What to look at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "its certificate has expired: renew it")]
    pub hint: Option<String>,
}

/// The request, but for what the connection adds.
#[derive(Serialize, ToSchema)]
pub struct SentRequest {
    #[schema(example = "POST")]
    pub method: &'static str,
    pub url: String,
    /// The values of a subscription's own headers are hidden.
    pub headers: BTreeMap<String, String>,
    /// The exact text that was signed.
    pub body: String,
}

/// Where the time went, in milliseconds; null is what did not happen.
#[derive(Serialize, ToSchema)]
pub struct Timing {
    #[schema(required = true, example = 1.2)]
    pub dns_ms: Option<f64>,
    #[schema(required = true, example = 14.8)]
    pub connect_ms: Option<f64>,
    #[schema(required = true, example = 31.5)]
    pub tls_ms: Option<f64>,
    #[schema(required = true, example = 48.1)]
    pub first_byte_ms: Option<f64>,
    #[schema(example = 95.9)]
    pub total_ms: f64,
}

/// What was answered.
#[derive(Serialize, ToSchema)]
pub struct HeardResponse {
    pub headers: BTreeMap<String, String>,
    /// The first 4 KiB, as text.
    pub body: String,
    /// The same in base64, where it is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_base64: Option<String>,
    /// Whether there was more.
    pub truncated: bool,
}

impl TestedWebhook {
    pub(super) fn new(target: &Target, trial: &Trial) -> Self {
        let asked = Self {
            success: true,
            delivered: false,
            status: None,
            signed_with: target.signed_with,
            secret_key: target.new_secret().map(|secret| secret.expose().to_owned()),
            request: SentRequest {
                method: "POST",
                url: trial.url.to_string(),
                headers: shown(&trial.headers),
                body: String::from_utf8_lossy(&trial.body).into_owned(),
            },
            timing: Timing::new(match &trial.outcome {
                Outcome::Answered(answer) => &answer.timings,
                Outcome::Failed(failure) => &failure.timings,
            }),
            response: None,
            error: None,
            timed_out_in: None,
            hint: None,
        };
        match &trial.outcome {
            Outcome::Answered(answer) => Self {
                delivered: answer.is_success(),
                status: Some(answer.status.as_u16()),
                response: Some(HeardResponse::new(
                    &answer.headers,
                    &answer.body,
                    answer.truncated,
                )),
                error: (!answer.is_success()).then_some(STATUS),
                hint: answer.hint(),
                ..asked
            },
            Outcome::Failed(failure) => Self {
                status: failure.status.map(|status| status.as_u16()),
                error: Some(failure.kind.name()),
                timed_out_in: failure.kind.timed_out_in().map(Phase::name),
                hint: Some(failure.hint.clone()),
                ..asked
            },
        }
    }
}

impl Timing {
    fn new(timings: &Timings) -> Self {
        Self {
            dns_ms: timings.dns.map(millis),
            connect_ms: timings.connect.map(millis),
            tls_ms: timings.tls.map(millis),
            first_byte_ms: timings.first_byte.map(millis),
            total_ms: millis(timings.total),
        }
    }
}

/// To the microsecond.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

impl HeardResponse {
    fn new(headers: &HeaderMap, body: &Bytes, is_cut: bool) -> Self {
        let first = &body[..body.len().min(RESPONSE_BYTES_SHOWN_MAX)];
        let truncated = is_cut || first.len() < body.len();
        let text = match std::str::from_utf8(first) {
            // Only the last character was cut through.
            Err(error) if truncated && error.error_len().is_none() => {
                Some(String::from_utf8_lossy(&first[..error.valid_up_to()]))
            }
            other => other.ok().map(Into::into),
        };
        Self {
            headers: shown(headers),
            body_base64: text.is_none().then(|| BASE64.encode(first)),
            body: text
                .unwrap_or_else(|| String::from_utf8_lossy(first))
                .into_owned(),
            truncated,
        }
    }
}

/// Headers by name; one that came several times has its values in one, by comma.
fn shown(headers: &HeaderMap) -> BTreeMap<String, String> {
    let values_of = |name| {
        let values = headers.get_all(name).iter().map(|value| {
            if value.is_sensitive() {
                HIDDEN.into()
            } else {
                String::from_utf8_lossy(value.as_bytes())
            }
        });
        values.collect::<Vec<_>>().join(", ")
    };
    headers
        .keys()
        .map(|name| (name.to_string(), values_of(name)))
        .collect()
}

/// Whether a signature verifies, and if not, why.
#[derive(Serialize, ToSchema)]
pub struct VerifiedSignature {
    #[schema(example = true)]
    success: bool,
    verified: bool,
    /// The one that is spoken of; null where no header of any was given.
    #[schema(required = true)]
    scheme: Option<Scheme>,
    reason: Reason,
    #[schema(example = "The signature verifies.")]
    message: String,
    /// Each scheme of which there were headers.
    checks: Vec<Check>,
}

impl VerifiedSignature {
    pub(super) fn new(judged: Judged) -> Self {
        Self {
            success: true,
            verified: judged.verified,
            scheme: judged.scheme,
            reason: judged.reason,
            message: judged.message,
            checks: judged.checks,
        }
    }
}
