//! What a call brought: transcript, analysis, cost, recording.
//!
//! Vapi has moved each of these over the years, and the bodies that our users knew before have them
//! on the call. So each is looked for in its places, the current one first.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    reading::text,
    shape::Parts,
    speech::{Line, spoken},
};
use crate::vapi::assistant::structured_data;

const TRANSCRIPT: &[&str] = &[
    "artifact.transcript",
    "transcript",
    "call.artifact.transcript",
    "call.transcript",
];

const MESSAGES: &[&str] = &[
    "artifact.messages",
    "artifact.messagesOpenAIFormatted",
    "messages",
    "call.artifact.messages",
    "call.messages",
    "call.transcript",
];

const SUMMARY: &[&str] = &[
    "analysis.summary",
    "summary",
    "call.analysis.summary",
    "call.summary",
];

const RECORDING: &[&str] = &[
    "artifact.recording.mono.combinedUrl",
    "artifact.recording.stereoUrl",
    "artifact.recordingUrl",
    "artifact.stereoRecordingUrl",
    "recordingUrl",
    "stereoRecordingUrl",
    "call.artifact.recording.mono.combinedUrl",
    "call.artifact.recordingUrl",
    "call.recordingUrl",
    "artifact.recording.mono.assistantUrl",
    "artifact.recording.mono.customerUrl",
];

const PRESIGNED: &[&str] = &[
    "artifact.presignedMonoUrl",
    "artifact.presignedStereoUrl",
    "call.artifact.presignedMonoUrl",
    "call.artifact.presignedStereoUrl",
];

/// Times are epoch milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Results {
    pub transcript: Option<String>,
    /// As they came. See [`Self::lines`].
    pub messages: Vec<Value>,
    pub summary: Option<String>,
    /// The analysis' own, else the result of a structured output: of the first that is what we ask
    /// for, or else of the first by their ids.
    pub structured_data: Option<Value>,
    /// All of them, by their ids.
    pub structured_outputs: Option<Value>,
    pub success_evaluation: Option<String>,
    pub cost: Option<f64>,
    pub duration_millis: Option<i64>,
    /// Lasts, but opens only to those who may ask Vapi.
    pub recording_url: Option<String>,
    /// Opens to everybody, for a while. Signed anew whenever the same report is sent.
    pub presigned_recording_url: Option<String>,
    pub presigned_until: Option<i64>,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
}

impl Results {
    /// What was spoken, line by line.
    pub fn lines(&self) -> Vec<Line> {
        spoken(&self.messages)
    }
}

pub(super) fn results(parts: &Parts) -> Results {
    let owned = |paths| parts.text(paths).map(str::to_owned);
    let structured_outputs = parts.first(
        &[
            "artifact.structuredOutputs",
            "call.artifact.structuredOutputs",
        ],
        filled,
    );
    let started_at = parts.time(&["startedAt", "call.startedAt"]);
    let ended_at = parts.time(&["endedAt", "call.endedAt"]);
    Results {
        transcript: owned(TRANSCRIPT),
        messages: conversation(parts).to_vec(),
        summary: owned(SUMMARY),
        structured_data: structured_data(parts, structured_outputs),
        structured_outputs: structured_outputs.cloned(),
        success_evaluation: success_evaluation(parts),
        cost: parts.first(
            &[
                "cost",
                "costBreakdown.total",
                "call.cost",
                "call.costBreakdown.total",
            ],
            Value::as_f64,
        ),
        duration_millis: duration_millis(parts, started_at, ended_at),
        recording_url: owned(RECORDING),
        presigned_recording_url: owned(PRESIGNED),
        presigned_until: parts.time(&[
            "artifact.presignedUrlsExpiresAt",
            "call.artifact.presignedUrlsExpiresAt",
        ]),
        started_at,
        ended_at,
    }
}

/// Whether a body that is no report brings results all the same.
pub(super) fn are_brought(parts: &Parts) -> bool {
    let has_transcript = parts.text(TRANSCRIPT).is_some() || !conversation(parts).is_empty();
    let analysis = || parts.first(&["analysis", "call.analysis"], filled);
    has_transcript || parts.text(SUMMARY).is_some() || analysis().is_some()
}

/// The messages of the conversation, from the first place that has any.
pub(super) fn conversation<'a>(parts: &Parts<'a>) -> &'a [Value] {
    let list = |value: &'a Value| value.as_array().filter(|list| !list.is_empty());
    parts.first(MESSAGES, list).map_or(&[], Vec::as_slice)
}

fn filled(value: &Value) -> Option<&Value> {
    let is_filled = match value {
        Value::Null => false,
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::String(text) => !text.trim().is_empty(),
        _ => true,
    };
    is_filled.then_some(value)
}

fn structured_data(parts: &Parts, outputs: Option<&Value>) -> Option<Value> {
    let places = ["analysis.structuredData", "call.analysis.structuredData"];
    let own = parts.first(&places, filled);
    let first_output = || {
        let outputs = outputs?.as_object()?.values();
        let results = outputs.filter_map(|output| output.get("result"));
        // Their ids say nothing, so the one that is as it should be comes before.
        let is_other = |result: &&Value| !structured_data::complaints(result).is_empty();
        results
            .filter(|result| !result.is_null())
            .min_by_key(is_other)
    };
    own.or_else(first_output).cloned()
}

/// A text by its schema; a rubric may make it look like a number or a truth.
fn success_evaluation(parts: &Parts) -> Option<String> {
    let places = [
        "analysis.successEvaluation",
        "call.analysis.successEvaluation",
    ];
    parts.first(&places, |value| match value {
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => text(value).map(str::to_owned),
    })
}

/// As Vapi has it, else from the two times. A call that ended before it began took no time that we
/// know.
fn duration_millis(parts: &Parts, started_at: Option<i64>, ended_at: Option<i64>) -> Option<i64> {
    let units = [
        ("durationMs", 1.0),
        ("durationSeconds", 1e3),
        ("durationMinutes", 60e3),
    ];
    let said = units.into_iter().find_map(|(name, millis)| {
        let number = parts.at(name).and_then(Value::as_f64)?;
        Some((number * millis).round() as i64)
    });
    let counted = || Some(ended_at? - started_at?);
    said.or_else(counted).filter(|millis| *millis >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(message: Value) -> Results {
        let mut message = message;
        message["type"] = json!("end-of-call-report");
        let body = json!({"message": message});
        results(&Parts::of(&body).unwrap())
    }

    #[test]
    fn the_place_of_highest_rank_that_is_filled_wins() {
        let results = of(json!({
            "artifact": {"transcript": "", "messages": [], "recordingUrl": "https://a"},
            "transcript": "on the message", "messages": [{"role": "user", "message": "Hi"}],
            "recordingUrl": "https://b",
            "call": {"transcript": "on the call", "summary": "of the call", "cost": 1},
        }));
        assert_eq!(results.transcript.as_deref(), Some("on the message"));
        assert_eq!(results.summary.as_deref(), Some("of the call"));
        assert_eq!(results.recording_url.as_deref(), Some("https://a"));
        assert_eq!((results.messages.len(), results.cost), (1, Some(1.0)));
        assert_eq!(results.lines()[0].text, "Hi");
    }

    #[test]
    fn structured_data_come_from_the_analysis_else_from_the_first_output() {
        let outputs = json!({
            "a": {"name": "unfinished"},
            "b": {"name": "screening", "result": {"ok": true}},
            "c": {"name": "other", "result": 7},
        });
        let both = |data: Value| {
            of(
                json!({"analysis": {"structuredData": data}, "artifact": {"structuredOutputs": outputs}}),
            )
        };
        assert_eq!(both(json!({"x": 1})).structured_data, Some(json!({"x": 1})));
        for empty in [json!({}), json!(null)] {
            let results = both(empty);
            assert_eq!(results.structured_data, Some(json!({"ok": true})));
            assert_eq!(results.structured_outputs, Some(outputs.clone()));
        }
        assert_eq!(of(json!({"call": {}})).structured_data, None);
    }

    #[test]
    fn an_output_that_is_what_we_ask_for_comes_before_one_of_a_smaller_id() {
        let asked_for = json!({
            "availability": "available", "earliest_availability": "", "estimated_rate": "",
            "single_person_found": true, "all_criteria_met": true, "criteria_details": {},
            "disqualified": false, "call_outcome": "positive", "recommended": true,
        });
        let outputs = json!({"a": {"result": 7}, "b": {"result": asked_for}});
        let results = of(json!({"artifact": {"structuredOutputs": outputs}}));
        assert_eq!(results.structured_data, Some(asked_for));
    }

    #[test]
    fn a_success_is_told_as_a_text() {
        for (said, is) in [
            (json!("true"), "true"),
            (json!(true), "true"),
            (json!(8), "8"),
        ] {
            let results = of(json!({"analysis": {"successEvaluation": said}}));
            assert_eq!(results.success_evaluation.as_deref(), Some(is));
        }
        assert_eq!(
            of(json!({"analysis": {"successEvaluation": {}}})).success_evaluation,
            None
        );
    }

    #[test]
    fn the_duration_is_said_or_counted() {
        let times = json!({"startedAt": "2025-01-15T10:00:00Z", "endedAt": "2025-01-15T10:05:30Z"});
        let with = |name: &str, number: Value| {
            let mut message = times.clone();
            message[name] = number;
            of(message).duration_millis
        };
        assert_eq!(with("durationMs", json!(70_819)), Some(70_819));
        assert_eq!(with("durationSeconds", json!(70.819)), Some(70_819));
        assert_eq!(with("durationMinutes", json!(0.5)), Some(30_000));
        assert_eq!(with("cost", json!(0)), Some(330_000));
        assert_eq!(with("endedAt", json!("2025-01-15T09:00:00Z")), None);
        assert_eq!(with("durationMs", json!(1e300)), Some(i64::MAX));
    }

    #[test]
    fn what_is_kept_can_be_read_again() {
        let results =
            of(json!({"transcript": "t", "cost": 0.1, "startedAt": 1_763_567_291_544_i64}));
        let text = serde_json::to_string(&results).unwrap();
        assert_eq!(serde_json::from_str::<Results>(&text).unwrap(), results);
        assert_eq!(
            serde_json::from_str::<Results>("{}").unwrap(),
            Results::default()
        );
    }
}
