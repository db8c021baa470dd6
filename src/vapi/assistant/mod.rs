//! The assistant that calls a provider for a client: one template, for every way to place the call.
//!
//! ```text
//!   CallRequest ──▶ prompt ──────────┐
//!   whom to call,   what to say      ├──▶ assistant ──▶ Vapi
//!   what for        structured_data ─┤    as JSON
//!                   what to find out │
//!                   server ──────────┘
//!                   where to tell it
//! ```
//!
//! It is pure, and nothing here is kept at Vapi: the whole assistant goes along with each call, so
//! what a call did is what this program said at the time. Vapi refuses a call for one property that
//! it does not know, so every name here is one of its own.

mod prompt;
mod request;
mod server;
pub mod structured_data;

use serde_json::{Map, Value, json};

pub use self::{
    request::{CallRequest, Urgency},
    server::{Server, leads_elsewhere},
};

/// Vapi's own limit for a name.
const NAME_CHARS_MAX: usize = 40;
const MAX_DURATION_SECONDS: u32 = 420;
/// Vapi leaves an analysis out that takes longer; its own default is 5.
const ANALYSIS_TIMEOUT_SECONDS: u32 = 30;

/// What subscribers are told of comes from these. The rest is long, and nobody reads it.
pub const SERVER_MESSAGES: [&str; 4] = [
    "status-update",
    "end-of-call-report",
    "tool-calls",
    "transcript[transcriptType=\"final\"]",
];

/// The complete assistant, as Vapi takes it.
pub fn assistant(request: &CallRequest, server: &Server, owner: Option<&str>) -> Value {
    let mut metadata = request.metadata();
    if let Some(owner) = owner {
        metadata.insert("ownerId".to_owned(), owner.into());
    }
    json!({
        "name": name(&request.provider_name),
        "firstMessage": prompt::first_message(request),
        "firstMessageMode": "assistant-speaks-first",
        "model": {
            "provider": "openai",
            "model": "gpt-4.1",
            "temperature": 0.4,
            "maxTokens": 250,
            "messages": [{"role": "system", "content": prompt::system(request)}],
            "tools": [{"type": "endCall"}, {"type": "voicemail"}, {"type": "dtmf"}],
        },
        "voice": {"provider": "vapi", "voiceId": "Elliot", "version": "2"},
        "transcriber": {"provider": "deepgram", "model": "nova-3", "language": "en"},
        "voicemailDetection": {
            "provider": "vapi",
            "type": "audio",
            "backoffPlan": {"startAtSeconds": 5, "frequencySeconds": 5, "maxRetries": 6},
        },
        "maxDurationSeconds": MAX_DURATION_SECONDS,
        "server": server.to_json(),
        "serverMessages": SERVER_MESSAGES,
        "artifactPlan": {"recordingEnabled": true, "fullMessageHistoryEnabled": true},
        // To hang up from outside takes the control address; nobody listens in.
        "monitorPlan": {"listenEnabled": false, "controlEnabled": true},
        "analysisPlan": analysis_plan(),
        "metadata": Value::Object(metadata),
    })
}

fn analysis_plan() -> Value {
    let transcript = json!({
        "role": "user",
        "content": "Transcript:\n\n{{transcript}}\n\nEnded reason: {{endedReason}}",
    });
    let summarize = "Summarize the call in two or three sentences: availability, rate, which \
                     criteria are met, and how it ended.";
    let extract = "Extract data from the transcript of the call. Do not guess: what was not said \
                   is left empty.\n\nJson Schema:\n{{schema}}";
    json!({
        "minMessagesThreshold": 2,
        "summaryPlan": {
            "enabled": true,
            "timeoutSeconds": ANALYSIS_TIMEOUT_SECONDS,
            "messages": [{"role": "system", "content": summarize}, transcript],
        },
        "structuredDataPlan": {
            "enabled": true,
            "timeoutSeconds": ANALYSIS_TIMEOUT_SECONDS,
            "schema": structured_data::schema(),
            "messages": [{"role": "system", "content": extract}, transcript],
        },
        "successEvaluationPlan": {
            "enabled": true,
            "timeoutSeconds": ANALYSIS_TIMEOUT_SECONDS,
            "rubric": "PassFail",
        },
    })
}

fn name(provider: &str) -> String {
    format!("Screening {provider}")
        .chars()
        .take(NAME_CHARS_MAX)
        .collect()
}

impl CallRequest {
    /// What a call carries of its request, by the names under which results read it.
    pub fn metadata(&self) -> Map<String, Value> {
        let fields = [
            ("providerName", Some(self.provider_name.as_str())),
            ("providerPhone", Some(&self.provider_phone)),
            ("serviceNeeded", Some(&self.service_needed)),
            ("location", Some(&self.location)),
            ("userCriteria", Some(&self.user_criteria)),
            ("urgency", Some(self.urgency.as_str())),
            ("serviceRequestId", self.service_request_id.as_deref()),
            ("providerId", self.provider_id.as_deref()),
        ];
        let known = fields
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| (name.to_owned(), Value::from(value))));
        known.collect()
    }
}

#[cfg(test)]
mod tests;
