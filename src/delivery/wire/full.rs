//! One delivery with all that is known of it.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::line::{LineView, WhyView};
use crate::{
    delivery::log::read::{Delivery, Tried},
    error::{Error, Result},
    infra::clock::rfc3339,
};

/// One attempt.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryAttempt)]
struct AttemptView {
    /// Null where it ended without being tried.
    #[schema(required = true, example = 1)]
    number: Option<i16>,
    #[schema(format = DateTime)]
    at: String,
    #[schema(required = true, example = 35)]
    duration_ms: Option<i32>,
    timing: AttemptTiming,
    /// `delivered`, `dropped`, or what kind of failure it was.
    #[schema(example = "timeout")]
    outcome: String,
    #[schema(required = true, example = 500)]
    status_code: Option<i16>,
    /// What a person should look at.
    #[schema(required = true)]
    error: Option<String>,
    /// The beginning of the answer's body.
    #[schema(required = true)]
    response: Option<String>,
}

/// Where that time went, in milliseconds; null is what did not happen.
#[derive(Serialize, ToSchema)]
struct AttemptTiming {
    #[schema(required = true, example = 1.2)]
    dns_ms: Option<f64>,
    #[schema(required = true, example = 14.8)]
    connect_ms: Option<f64>,
    #[schema(required = true, example = 31.5)]
    tls_ms: Option<f64>,
    #[schema(required = true, example = 48.1)]
    first_byte_ms: Option<f64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
struct DeliveryView {
    #[serde(flatten)]
    line: LineView,
    why: WhyView,
    /// Oldest first.
    attempt_log: Vec<AttemptView>,
    /// What is sent, as JSON; null once it is past retention.
    #[schema(value_type = Option<Object>, required = true)]
    payload: Option<Box<RawValue>>,
    /// The same to the byte, which is what the signatures are over.
    #[schema(required = true)]
    payload_text: Option<String>,
}

/// One delivery.
#[derive(Serialize, ToSchema)]
pub struct OneDelivery {
    #[schema(example = true)]
    success: bool,
    delivery: DeliveryView,
}

impl OneDelivery {
    pub fn new(delivery: Delivery) -> Result<Self> {
        let text = delivery.payload.map(String::from_utf8).transpose();
        let text = text.map_err(Error::internal)?;
        let payload = text.clone().map(RawValue::from_string).transpose();
        Ok(Self {
            success: true,
            delivery: DeliveryView {
                line: LineView::new(delivery.line),
                why: delivery.why.into(),
                attempt_log: delivery.tried.into_iter().map(AttemptView::from).collect(),
                payload: payload.map_err(Error::internal)?,
                payload_text: text,
            },
        })
    }
}

impl From<Tried> for AttemptView {
    fn from(tried: Tried) -> Self {
        let response = tried.response;
        let millis = |micros: Option<i32>| micros.map(|micros| f64::from(micros) / 1e3);
        Self {
            number: tried.row.attempt,
            at: rfc3339(tried.row.created_at),
            duration_ms: tried.row.duration_ms,
            timing: AttemptTiming {
                dns_ms: millis(tried.row.dns_us),
                connect_ms: millis(tried.row.connect_us),
                tls_ms: millis(tried.row.tls_us),
                first_byte_ms: millis(tried.row.first_byte_us),
            },
            outcome: tried.row.outcome,
            status_code: tried.row.status_code,
            error: tried.row.error,
            response: response.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        }
    }
}
