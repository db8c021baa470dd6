//! What is asked for, in JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use super::verify::Headers;
use crate::error::{Error, Result};

/// A sample to be sent. Give `webhook_url` or `subscription_id`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestWebhook {
    #[schema(example = "https://example.com/webhook")]
    pub webhook_url: Option<String>,
    #[schema(example = "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    pub subscription_id: Option<String>,
    #[schema(example = "call.completed")]
    pub event_type: String,
    /// What signs where no subscription of yours is for that URL; made where it is not given.
    pub secret_key: Option<String>,
}

/// A delivery as a receiver got it. Give `secret_key` or `subscription_id`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifySignature {
    /// The secret with which the receiver checks, exactly as it has it.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub secret_key: Option<String>,
    #[schema(example = "sub_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    pub subscription_id: Option<String>,
    pub headers: GivenHeaders,
    /// The raw body, as text: not parsed and written again.
    #[schema(example = "{\"id\":\"evt_…\",\"event\":\"call.completed\"}")]
    pub body: String,
}

/// An object of names and values, or a list of texts `name: value`.
#[derive(Deserialize, ToSchema)]
#[serde(
    untagged,
    expecting = "give an object of names and values, or a list of texts like `name: value`"
)]
pub enum GivenHeaders {
    Object(BTreeMap<String, String>),
    List(Vec<String>),
}

impl GivenHeaders {
    pub(super) fn read(&self) -> Result<Headers> {
        match self {
            Self::Object(fields) => Ok(Headers::of_pairs(fields)),
            Self::List(lines) => lines
                .iter()
                .enumerate()
                .map(|(at, line)| {
                    Headers::read_line(line).ok_or_else(|| {
                        Error::invalid(format!("headers[{at}]"), "write it as `name: value`")
                    })
                })
                .collect::<Result<Vec<_>>>()
                .map(Headers::of_pairs),
        }
    }
}
