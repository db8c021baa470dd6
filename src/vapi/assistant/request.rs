//! What a provider is called for.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Detail;

const SHORT_CHARS_MAX: usize = 200;
const LONG_CHARS_MAX: usize = 4_000;
const PROMPT_CHARS_MAX: usize = 20_000;

/// How soon the work is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    Immediate,
    #[serde(rename = "within_24_hours")]
    Within24Hours,
    #[serde(rename = "within_2_days")]
    Within2Days,
    Flexible,
}

/// Whom to call, for what work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallRequest {
    #[schema(example = "Joe's Plumbing")]
    pub provider_name: String,
    #[schema(example = "+15551234567")]
    pub provider_phone: String,
    #[schema(example = "plumbing")]
    pub service_needed: String,
    /// What the provider must meet, in words.
    #[schema(example = "Need same-day service")]
    pub user_criteria: String,
    #[schema(example = "Greenville, SC")]
    pub location: String,
    pub urgency: Urgency,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "The water heater leaks.")]
    pub problem_description: Option<String>,
    /// For whom the assistant calls; "my client" unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Maria Jensen")]
    pub client_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_request_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// What the assistant is to do, in place of asking the usual questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_prompt: Option<String>,
}

impl Urgency {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::Within24Hours => "within_24_hours",
            Self::Within2Days => "within_2_days",
            Self::Flexible => "flexible",
        }
    }

    /// As it is said on the telephone.
    pub(super) fn spoken(self) -> &'static str {
        match self {
            Self::Immediate => "as soon as possible, today if it can be",
            Self::Within24Hours => "within the next 24 hours",
            Self::Within2Days => "within the next two days",
            Self::Flexible => "at a time that suits the provider",
        }
    }
}

impl CallRequest {
    /// What is wrong with it, each by its field.
    pub fn complaints(&self) -> Vec<Detail> {
        let needed = [
            ("providerName", &self.provider_name, SHORT_CHARS_MAX),
            ("providerPhone", &self.provider_phone, SHORT_CHARS_MAX),
            ("serviceNeeded", &self.service_needed, SHORT_CHARS_MAX),
            ("userCriteria", &self.user_criteria, LONG_CHARS_MAX),
            ("location", &self.location, SHORT_CHARS_MAX),
        ];
        let optional = [
            (
                "problemDescription",
                &self.problem_description,
                LONG_CHARS_MAX,
            ),
            ("clientName", &self.client_name, SHORT_CHARS_MAX),
            ("clientAddress", &self.client_address, SHORT_CHARS_MAX),
            (
                "serviceRequestId",
                &self.service_request_id,
                SHORT_CHARS_MAX,
            ),
            ("providerId", &self.provider_id, SHORT_CHARS_MAX),
            ("customPrompt", &self.custom_prompt, PROMPT_CHARS_MAX),
        ];
        let given = optional
            .into_iter()
            .filter_map(|(path, text, max)| Some((path, text.as_ref()?, max)));
        needed
            .into_iter()
            .chain(given)
            .filter_map(|(path, text, max)| complaint(path, text, max))
            .collect()
    }
}

fn complaint(path: &str, text: &str, chars_max: usize) -> Option<Detail> {
    let is_text = !text.trim().is_empty() && text.chars().count() <= chars_max;
    let is_clean = !text.contains('\0');
    (!(is_text && is_clean)).then(|| Detail {
        path: path.to_owned(),
        message: format!("give 1 to {chars_max} characters, not all spaces"),
    })
}
