//! A call's result as a row, for those who kept it in a table of that form:
//! every column by its name, null where nothing is known.

use entity::{CallId, calls::Model};
use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};
use utoipa::ToSchema;

use super::{reported, store};
use crate::{
    app::App,
    auth::Scope,
    contact::details::Details,
    error::{Error, Result},
    infra::clock::rfc3339,
};

const MINUTE_MILLIS: f64 = 60_000.0;

/// One row.
#[derive(Debug, Serialize, ToSchema)]
pub struct Record {
    #[schema(value_type = String, example = "call_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60")]
    id: CallId,
    /// Vapi's id, or ours where Vapi has none.
    #[schema(example = "test-call-123")]
    call_id: String,
    #[schema(required = true)]
    assistant_id: Option<String>,
    #[schema(required = true)]
    phone_number_id: Option<String>,
    /// Empty where it is not known.
    #[schema(example = "+18641234567")]
    customer_phone: String,
    #[schema(example = "ended")]
    status: &'static str,
    #[schema(required = true, example = "assistant-ended-call")]
    ended_reason: Option<String>,
    #[schema(required = true, format = DateTime)]
    started_at: Option<String>,
    #[schema(required = true, format = DateTime)]
    ended_at: Option<String>,
    #[schema(required = true, example = 5.0)]
    duration_minutes: Option<f64>,
    #[schema(required = true)]
    transcript: Option<Transcript>,
    /// As Vapi sent them.
    #[schema(required = true, value_type = Option<Vec<Object>>)]
    messages: Option<Vec<Value>>,
    #[schema(required = true)]
    recording_url: Option<String>,
    #[schema(required = true)]
    analysis_summary: Option<String>,
    #[schema(required = true, value_type = Option<Object>)]
    analysis_structured_data: Option<Value>,
    #[schema(required = true)]
    analysis_success_evaluation: Option<String>,
    #[schema(required = true)]
    provider_name: Option<String>,
    #[schema(required = true)]
    provider_phone: Option<String>,
    #[schema(required = true)]
    service_type: Option<String>,
    #[schema(required = true)]
    location: Option<String>,
    #[schema(required = true)]
    user_criteria: Option<String>,
    #[schema(required = true)]
    urgency: Option<String>,
    #[schema(required = true)]
    service_request_id: Option<String>,
    /// The report as it came, but for secrets; where none came, the word of
    /// the call's end.
    #[schema(required = true, value_type = Option<Object>)]
    raw_webhook_payload: Option<Box<RawValue>>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// What was said.
#[derive(Debug, Serialize, ToSchema)]
pub struct Transcript {
    text: String,
}

impl Record {
    /// The row of a call that has a result.
    pub async fn of(app: &App, scope: &Scope, call: &Model) -> Result<Self> {
        let details = Details::of_call(&app.seal, call).map_err(Error::internal)?;
        let reported = reported::of_call(app.db.read(), &app.seal, call).await?;
        let results = reported.unwrap_or_default().results.into_owned();
        let raw = store::last_report(app.db.read(), scope, &app.seal, call).await?;
        let (started_at, ended_at) = (
            results.started_at.or(call.started_at),
            results.ended_at.or(call.ended_at),
        );
        let counted = || Some(ended_at? - started_at?);
        let duration = results.duration_millis.or_else(counted);
        let said = |name| said(&details.metadata, name);
        Ok(Self {
            id: call.id,
            call_id: call
                .vapi_call_id
                .clone()
                .unwrap_or_else(|| call.id.to_string()),
            assistant_id: details.assistant_id.clone(),
            phone_number_id: details.phone_number_id.clone(),
            customer_phone: details.customer_number.clone().unwrap_or_default(),
            status: "ended",
            ended_reason: call.ended_reason.clone(),
            started_at: started_at.map(rfc3339),
            ended_at: ended_at.map(rfc3339),
            duration_minutes: duration.map(minutes),
            transcript: results.transcript.map(|text| Transcript { text }),
            messages: (!results.messages.is_empty()).then_some(results.messages),
            recording_url: results.recording_url.or(results.presigned_recording_url),
            analysis_summary: results.summary,
            analysis_structured_data: results.structured_data,
            analysis_success_evaluation: results.success_evaluation,
            provider_name: said("providerName"),
            provider_phone: said("providerPhone"),
            service_type: said("serviceNeeded"),
            location: said("location"),
            user_criteria: said("userCriteria"),
            urgency: said("urgency"),
            service_request_id: said("serviceRequestId"),
            raw_webhook_payload: raw.map(raw_json).transpose()?,
            created_at: rfc3339(call.created_at),
            updated_at: rfc3339(call.updated_at),
        })
    }
}

/// To the hundredth.
fn minutes(millis: i64) -> f64 {
    (millis.max(0) as f64 / MINUTE_MILLIS * 100.0).round() / 100.0
}

/// A phone number may have been written without quotes.
fn said(metadata: &Map<String, Value>, name: &str) -> Option<String> {
    match metadata.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

fn raw_json(bytes: Vec<u8>) -> Result<Box<RawValue>> {
    let text = String::from_utf8(bytes).map_err(Error::internal)?;
    RawValue::from_string(text).map_err(Error::internal)
}
