//! Why Vapi did not take a call, for the caller who waits and for the call that failed.

use std::time::Duration;

use entity::calls::Outcome;

use crate::{
    error::{Code, Error},
    vapi::{client::Created, outcome::End},
};

pub(super) const RETRY_AFTER: Duration = Duration::from_secs(10);
/// What only the operator can settle is tried again, once in a while.
const UNTIL_SOMEBODY_HAS_SEEN_TO_IT: Duration = Duration::from_secs(60);
/// What Vapi says of a call that it ended because all lines were in use.
pub(super) const CROWDED: &str = "call.start.error-subscription-concurrency-limit-reached";

/// What becomes of a call that Vapi does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Somebody waits for the answer, and is told: there is no call.
    ForACaller,
    /// The call was told of, and fails; or it waits until Vapi is less busy.
    OnTime,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Rejected {
        text: String,
        field: Option<String>,
    },
    Unauthorized,
    PaymentRequired,
    Busy {
        retry_after: Duration,
    },
    /// By the setting that the operator has to make.
    NotConfigured(&'static str),
}

impl Refusal {
    /// Nothing where Vapi took the call, or may have.
    pub fn of(created: &Created) -> Option<Self> {
        Some(match created {
            Created::Rejected { text, field } => Self::Rejected {
                text: text.clone(),
                field: field.clone(),
            },
            Created::Unauthorized => Self::Unauthorized,
            Created::PaymentRequired => Self::PaymentRequired,
            Created::Busy { retry_after } => Self::Busy {
                retry_after: retry_after.unwrap_or(RETRY_AFTER),
            },
            Created::Crowded(_) => Self::Busy {
                retry_after: RETRY_AFTER,
            },
            Created::Accepted(_) | Created::Ambiguous(_) => return None,
        })
    }

    /// It says nothing of the call: another one would have been refused as well.
    pub fn is_no_calls_fault(&self) -> bool {
        !matches!(self, Self::Rejected { .. })
    }

    /// When to ask again for a call of which Vapi has said nothing.
    pub fn ask_again_after(&self) -> Duration {
        match self {
            Self::Busy { retry_after } => *retry_after,
            _ => UNTIL_SOMEBODY_HAS_SEEN_TO_IT,
        }
    }

    pub fn text(&self) -> String {
        match self {
            Self::Rejected { text, .. } => text.clone(),
            Self::Unauthorized => "Vapi does not take VAPI_API_KEY".to_owned(),
            Self::PaymentRequired => "Vapi wants to be paid first".to_owned(),
            Self::Busy { .. } => "all lines at Vapi were in use".to_owned(),
            Self::NotConfigured(variable) => format!("{variable} is not set"),
        }
    }

    /// How a call ends that nobody waits for.
    pub fn end(&self) -> End {
        let (reason, retryable) = match self {
            Self::Rejected { .. } => ("vapi-rejected", false),
            Self::Unauthorized => ("vapi-unauthorized", false),
            Self::PaymentRequired => ("vapi-payment-required", false),
            Self::Busy { .. } => ("vapi-busy", true),
            Self::NotConfigured(_) => ("vapi-not-configured", true),
        };
        failed(reason, retryable)
    }

    /// What a caller is told who waits.
    pub fn into_error(self) -> Error {
        let text = self.text();
        match self {
            Self::Rejected { field, .. } => {
                let error = Error::new(
                    Code::VapiRejected,
                    format!("Vapi did not take the call: {text}"),
                );
                match field {
                    Some(field) => error.at(field, text),
                    None => error,
                }
            }
            Self::Unauthorized | Self::PaymentRequired => Error::new(
                Code::VapiRejected,
                format!("Vapi did not take the call: {text}. That is for the operator to settle."),
            ),
            Self::Busy { retry_after } => Error::new(
                Code::VapiBusy,
                "All lines at Vapi are in use: nothing was placed, so try again later.",
            )
            .with_retry_after(retry_after.as_secs().max(1)),
            Self::NotConfigured(variable) => super::not_configured("placed", variable),
        }
    }
}

pub(super) fn failed(reason: &str, retryable: bool) -> End {
    End {
        outcome: Outcome::Failed,
        retryable,
        reason: Some(reason.to_owned()),
    }
}

pub(super) fn canceled(reason: &str) -> End {
    End {
        outcome: Outcome::Canceled,
        retryable: false,
        reason: Some(reason.to_owned()),
    }
}
