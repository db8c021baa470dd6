//! The result of one call, as it is polled for and as it is told.
//!
//! Two rules for what is not known. The fields that pollers have always read keep their type, so
//! that nobody's code trips over a null: a text is empty, an object has no fields, a call that never
//! began took no minutes. A sum of money, an address or a time has no value that would mean "not
//! known", and is null.
//!
//! Who was called, and what for, is known where the call's metadata say it, in the words with which
//! an assistant is asked for: `providerName`, `providerPhone`, `serviceNeeded`, `location`,
//! `userCriteria`, `urgency`.

use entity::calls::{Model, Outcome};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::{
    infra::clock::{Millis, rfc3339},
    vapi::message::{Line, Results, Role},
};

const MINUTE_MILLIS: f64 = 60_000.0;
/// Vapi itself called us, and nobody had to ask it.
const CALL_METHOD: &str = "direct_vapi";

/// What is known of a call that has ended, whether or not anything was reported of it.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Vapi's, or ours where Vapi has none.
    pub call_id: &'a str,
    pub outcome: Outcome,
    pub retryable: bool,
    pub ended_reason: Option<&'a str>,
    pub started_at: Option<Millis>,
    pub ended_at: Option<Millis>,
    pub metadata: &'a Map<String, Value>,
}

/// How the call went, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Completed,
    Failed,
    NoAnswer,
    Canceled,
    Timeout,
}

/// What a call brought.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallResult {
    pub status: Status,
    #[schema(example = "call_abc123")]
    pub call_id: String,
    #[schema(example = "direct_vapi")]
    pub call_method: String,
    /// In minutes.
    #[schema(example = 5.5)]
    pub duration: f64,
    #[schema(example = "customer-ended-call")]
    pub ended_reason: String,
    #[schema(example = "AI: Hello...\nCustomer: Hi...")]
    pub transcript: String,
    pub analysis: Analysis,
    pub provider: Provider,
    pub request: Request,
    /// In US dollars; null where it was not reported.
    #[schema(required = true, example = 0.45)]
    pub cost: Option<f64>,
    #[schema(required = true)]
    pub recording_url: Option<String>,
    #[schema(required = true, format = DateTime, example = "2025-01-15T10:00:00.000Z")]
    pub started_at: Option<String>,
    #[schema(required = true, format = DateTime, example = "2025-01-15T10:05:30.000Z")]
    pub ended_at: Option<String>,
}

/// What Vapi's models made of the call.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    #[schema(example = "Customer confirmed availability")]
    pub summary: String,
    /// By the assistant's own schema. A model wrote it, so it may be partial.
    #[schema(value_type = Object, example = json!({"availability": "available"}))]
    pub structured_data: Value,
    /// All of the structured outputs by their ids, where the assistant has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub structured_outputs: Option<Value>,
    /// By the assistant's own rubric.
    #[schema(example = "successful")]
    pub success_evaluation: String,
}

/// Who was called.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Provider {
    #[schema(example = "Joe's Plumbing")]
    pub name: String,
    #[schema(example = "+15551234567")]
    pub phone: String,
    #[schema(example = "plumbing")]
    pub service: String,
    #[schema(example = "Greenville, SC")]
    pub location: String,
}

/// What for.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Request {
    #[schema(example = "Need same-day service")]
    pub criteria: String,
    #[schema(example = "immediate")]
    pub urgency: String,
}

impl<'a> Facts<'a> {
    /// `name` is the id by which the call is known; nothing while it goes on.
    pub fn of(call: &'a Model, name: &'a str, metadata: &'a Map<String, Value>) -> Option<Self> {
        Some(Self {
            call_id: name,
            outcome: call.outcome?,
            retryable: call.retryable.unwrap_or(false),
            ended_reason: call.ended_reason.as_deref(),
            started_at: call.started_at,
            ended_at: call.ended_at,
            metadata,
        })
    }
}

impl CallResult {
    /// `results` is empty where nothing was reported.
    pub fn of(call: &Facts, results: &Results) -> Self {
        let started_at = results.started_at.or(call.started_at);
        let ended_at = results.ended_at.or(call.ended_at);
        let recording = results.recording_url.as_ref();
        Self {
            status: call.outcome.into(),
            call_id: call.call_id.to_owned(),
            call_method: CALL_METHOD.to_owned(),
            duration: minutes(results.duration_millis, started_at, ended_at),
            ended_reason: call.ended_reason.unwrap_or_default().to_owned(),
            transcript: transcript(results),
            analysis: Analysis::of(results),
            provider: Provider::of(call.metadata),
            request: Request::of(call.metadata),
            cost: results.cost,
            recording_url: recording
                .or(results.presigned_recording_url.as_ref())
                .cloned(),
            started_at: started_at.map(rfc3339),
            ended_at: ended_at.map(rfc3339),
        }
    }

    /// The result as the data of an event, with what a receiver needs to decide whether to try again.
    pub fn told(&self, call: &Facts) -> Map<String, Value> {
        let mut data = self.fields();
        data.insert("outcome".to_owned(), json!(call.outcome.to_value()));
        data.insert("retryable".to_owned(), json!(call.retryable));
        data
    }

    pub fn fields(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            other => unreachable!("a result is an object, and not {other:?}"),
        }
    }
}

impl From<Outcome> for Status {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Completed => Self::Completed,
            Outcome::NoContact => Self::NoAnswer,
            Outcome::Failed => Self::Failed,
            Outcome::Canceled => Self::Canceled,
            Outcome::Timeout => Self::Timeout,
        }
    }
}

impl Analysis {
    fn of(results: &Results) -> Self {
        let nothing = || Value::Object(Map::new());
        Self {
            summary: results.summary.clone().unwrap_or_default(),
            structured_data: results.structured_data.clone().unwrap_or_else(nothing),
            structured_outputs: results.structured_outputs.clone(),
            success_evaluation: results.success_evaluation.clone().unwrap_or_default(),
        }
    }
}

impl Provider {
    fn of(metadata: &Map<String, Value>) -> Self {
        Self {
            name: text(metadata, "providerName"),
            phone: text(metadata, "providerPhone"),
            service: text(metadata, "serviceNeeded"),
            location: text(metadata, "location"),
        }
    }
}

impl Request {
    fn of(metadata: &Map<String, Value>) -> Self {
        Self {
            criteria: text(metadata, "userCriteria"),
            urgency: text(metadata, "urgency"),
        }
    }
}

/// A phone number may have been written without quotes.
fn text(metadata: &Map<String, Value>, name: &str) -> String {
    match metadata.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// To the hundredth.
fn minutes(duration: Option<Millis>, started_at: Option<Millis>, ended_at: Option<Millis>) -> f64 {
    let counted = || Some(ended_at?.saturating_sub(started_at?));
    let millis = duration.or_else(counted).unwrap_or_default().max(0);
    (millis as f64 / MINUTE_MILLIS * 100.0).round() / 100.0
}

/// Vapi's own, else its messages in the same form.
fn transcript(results: &Results) -> String {
    let from_messages = || {
        let lines: Vec<_> = results.lines().iter().map(spoken).collect();
        lines.join("\n")
    };
    results.transcript.clone().unwrap_or_else(from_messages)
}

fn spoken(line: &Line) -> String {
    let speaker = match line.role {
        Role::Assistant => "AI",
        _ => "User",
    };
    format!("{speaker}: {}", line.text)
}

#[cfg(test)]
mod tests;
