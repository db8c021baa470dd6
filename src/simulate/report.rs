//! The message with everything in it: what the call was, brought and cost.
//!
//! Much of it stands there twice or three times, in the place where Vapi has it now and in those
//! where it had it before, as it does in Vapi's own.

use serde_json::{Value, json};

use super::{cast::Cast, dice::Dice, history::History};
use crate::infra::clock::{Millis, rfc3339};

const HOUR_MILLIS: Millis = 3_600_000;

/// What Vapi's analysis makes of a conversation.
pub(super) struct Findings {
    pub summary: String,
    pub structured_data: Value,
    pub is_success: bool,
}

/// A report's own fields. Of a call that was not answered there is little to tell.
pub(super) fn report(
    cast: &Cast,
    history: Option<&History>,
    ended_at: Millis,
    reason: &str,
    findings: Option<&Findings>,
    dice: &mut Dice,
) -> Value {
    let Some(history) = history else {
        return json!({
            "endedReason": reason,
            "endedAt": rfc3339(ended_at),
            "cost": 0,
            "costs": [],
            "analysis": {},
            "artifact": {"messages": [], "messagesOpenAIFormatted": [], "transcript": ""},
        });
    };
    let millis = ended_at - history.began_at();
    let mut own = json!({
        "endedReason": reason,
        "startedAt": rfc3339(history.began_at()),
        "endedAt": rfc3339(ended_at),
        "durationMs": millis,
        "durationSeconds": millis as f64 / 1_000.0,
        "durationMinutes": rounded(millis as f64 / 60_000.0),
        "analysis": findings.map_or_else(|| json!({}), analysis),
        "transcript": history.transcript(),
        "messages": history.messages(),
        "artifact": artifact(cast, history, ended_at, findings, dice),
    });
    for (name, value) in costs(history, millis) {
        own[name] = value;
    }
    own
}

fn analysis(findings: &Findings) -> Value {
    json!({
        "summary": findings.summary,
        "structuredData": findings.structured_data,
        "successEvaluation": findings.is_success.to_string(),
    })
}

fn artifact(
    cast: &Cast,
    history: &History,
    ended_at: Millis,
    findings: Option<&Findings>,
    dice: &mut Dice,
) -> Value {
    let stored = format!("https://storage.example.com/{}", cast.call_id);
    let signed = format!("X-Amz-Expires=3600&X-Amz-Signature={}", dice.words(8));
    let mut artifact = history.artifact();
    let lasting = json!({
        "transcript": history.transcript(),
        "recordingUrl": format!("{stored}-mono.wav"),
        "stereoRecordingUrl": format!("{stored}-stereo.wav"),
        "recording": {
            "stereoUrl": format!("{stored}-stereo.wav"),
            "mono": {
                "combinedUrl": format!("{stored}-mono.wav"),
                "assistantUrl": format!("{stored}-assistant.wav"),
                "customerUrl": format!("{stored}-customer.wav"),
            },
        },
        "presignedMonoUrl": format!("{stored}-mono.wav?{signed}"),
        "presignedStereoUrl": format!("{stored}-stereo.wav?{signed}"),
        "presignedUrlsExpiresAt": rfc3339(ended_at + HOUR_MILLIS),
        "logUrl": format!("{stored}.jsonl.gz"),
    });
    if let (Value::Object(artifact), Value::Object(lasting)) = (&mut artifact, lasting) {
        artifact.extend(lasting);
    }
    if let Some(findings) = findings {
        artifact["structuredOutputs"] = json!({
            dice.uuid().to_string(): {
                "name": "Provider screening",
                "result": findings.structured_data,
            },
        });
    }
    artifact
}

/// By the minute and by the word, at prices that are about right.
fn costs(history: &History, millis: Millis) -> [(&'static str, Value); 3] {
    let minutes = millis as f64 / 60_000.0;
    let characters = history.transcript().len();
    let listening = rounded(minutes * 0.01);
    let thinking = rounded(history.messages().len() as f64 * 0.0011);
    let speaking = rounded(characters as f64 * 0.00002);
    let vapi = rounded(minutes * 0.05);
    let total = rounded(listening + thinking + speaking + vapi);
    let breakdown = json!({
        "transport": 0, "stt": listening, "llm": thinking, "tts": speaking, "vapi": vapi,
        "chat": 0, "total": total, "ttsCharacters": characters,
        "analysisCostBreakdown": {"summary": 0.001, "structuredData": 0.0014},
    });
    let costs = json!([
        {"type": "transcriber", "transcriber": {"provider": "deepgram", "model": "nova-3"},
         "minutes": rounded(minutes), "cost": listening},
        {"type": "model", "model": {"provider": "openai", "model": "gpt-4.1"}, "cost": thinking},
        {"type": "voice", "voice": {"provider": "vapi", "voiceId": "Elliot"},
         "characters": characters, "cost": speaking},
        {"type": "vapi", "subType": "normal", "minutes": rounded(minutes), "cost": vapi},
    ]);
    [
        ("cost", total.into()),
        ("costBreakdown", breakdown),
        ("costs", costs),
    ]
}

/// To four decimals.
fn rounded(number: f64) -> f64 {
    (number * 10_000.0).round() / 10_000.0
}
