//! What each event looks like, as JSON Schema.
//!
//! It says what a receiver may rely on, and leaves room: fields are added in
//! time, and none is refused for being new.

use serde_json::{Map, Value, json};

use super::{Kind, Sequence};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of a whole event of this kind.
pub fn schema(kind: Kind) -> Value {
    let entry = kind.entry();
    let (call_id, status, sequence) = match entry.sequence {
        Sequence::Absent => (nothing(), nothing(), nothing()),
        Sequence::Counted | Sequence::Carried => (
            described(text(), "Vapi's id of the call, or ours until that is known"),
            status(),
            described(
                json!({"type": "integer", "minimum": 0}),
                "How far the call had come: what is lower than the last you saw is stale",
            ),
        ),
    };
    let id =
        json!({"type": "string", "pattern": "^evt_", "description": "The same on every attempt"});
    let mut schema = object(&[
        ("id", id),
        ("event", json!({"const": entry.name})),
        ("callId", call_id),
        ("status", status),
        ("sequence", sequence),
        ("timestamp", time()),
        ("data", data(kind)),
    ]);
    schema["$schema"] = json!(DIALECT);
    schema["title"] = json!(entry.name);
    schema["description"] = json!(entry.description);
    schema
}

fn data(kind: Kind) -> Value {
    match kind {
        Kind::CallStatusChanged => of_call(&[
            ("status", status()),
            ("previousStatus", or_null(status())),
            ("outcome", or_null(outcome())),
            ("endedReason", or_null(text())),
        ]),
        Kind::CallCompleted | Kind::CallFailed | Kind::CallReport => of_call(&result()),
        Kind::CallTranscript => of_call(&[
            ("role", text()),
            ("text", text()),
            (
                "at",
                or_null(json!({"type": "integer", "description": "Epoch milliseconds"})),
            ),
        ]),
        Kind::SessionEnded => object(&[
            ("call_id", ours()),
            ("session_id", text()),
            ("text", or_null(text())),
            ("source", one_of(&["analysis", "messages"])),
            ("turns", json!({"type": "integer"})),
            ("duration_seconds", or_null(json!({"type": "integer"}))),
            ("first_request", or_null(text())),
            ("last_answer", or_null(text())),
            ("campaignId", or_null(text())),
            ("metadata", json!({"type": "object"})),
        ]),
        Kind::CampaignProgress | Kind::CampaignCompleted => object(&[
            ("campaign_id", text()),
            ("name", text()),
            ("status", text()),
            ("progress", json!({"type": "object"})),
        ]),
        Kind::SubscriptionDeactivated => object(&[
            ("subscription_id", text()),
            ("webhook_url", text()),
            ("reason", text()),
            ("deactivated_at", time()),
        ]),
    }
}

/// What every event of a call says beside its own.
fn of_call(own: &[(&str, Value)]) -> Value {
    let customer = object(&[("number", or_null(text())), ("name", or_null(text()))]);
    let shared = [
        ("call_id", ours()),
        ("customer", customer),
        ("campaignId", or_null(text())),
        ("metadata", json!({"type": "object"})),
    ];
    object(&[own, &shared].concat())
}

fn result() -> [(&'static str, Value); 15] {
    let some_text =
        |names: &[&str]| object(&names.iter().map(|name| (*name, text())).collect::<Vec<_>>());
    let analysis = object(&[
        ("summary", text()),
        (
            "structuredData",
            json!({"description": "By the assistant's own schema"}),
        ),
        ("successEvaluation", text()),
    ]);
    [
        (
            "status",
            one_of(&["completed", "failed", "no_answer", "canceled", "timeout"]),
        ),
        ("callId", text()),
        ("callMethod", text()),
        (
            "duration",
            described(json!({"type": "number"}), "In minutes"),
        ),
        ("endedReason", text()),
        ("transcript", text()),
        ("analysis", analysis),
        (
            "provider",
            some_text(&["name", "phone", "service", "location"]),
        ),
        ("request", some_text(&["criteria", "urgency"])),
        ("cost", or_null(json!({"type": "number"}))),
        ("recordingUrl", or_null(text())),
        ("startedAt", or_null(time())),
        ("endedAt", or_null(time())),
        ("outcome", outcome()),
        (
            "retryable",
            described(json!({"type": "boolean"}), "Whether to try again may help"),
        ),
    ]
}

fn object(fields: &[(&str, Value)]) -> Value {
    let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    let properties: Map<_, _> = fields
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    json!({"type": "object", "required": names, "properties": properties})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn ours() -> Value {
    json!({"type": "string", "pattern": "^call_", "description": "Our id of the call"})
}

fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

fn nothing() -> Value {
    json!({"type": "null"})
}

fn or_null(schema: Value) -> Value {
    json!({"anyOf": [schema, nothing()]})
}

fn one_of(words: &[&str]) -> Value {
    json!({ "enum": words })
}

fn status() -> Value {
    one_of(&[
        "scheduled",
        "queued",
        "ringing",
        "in_progress",
        "forwarding",
        "completed",
        "failed",
        "canceled",
        "timeout",
    ])
}

fn outcome() -> Value {
    one_of(&["completed", "no_contact", "failed", "canceled", "timeout"])
}

fn described(mut schema: Value, what: &str) -> Value {
    schema["description"] = json!(what);
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_schema_that_names_it() {
        for kind in Kind::ALL {
            let schema = schema(*kind);
            assert_eq!(schema["properties"]["event"]["const"], kind.name());
            assert_eq!(schema["required"].as_array().unwrap().len(), 7);
            let data = &schema["properties"]["data"];
            assert!(
                data["required"]
                    .as_array()
                    .is_some_and(|data| data.len() > 2),
                "{kind}"
            );
        }
    }

    #[test]
    fn what_is_about_no_call_has_nulls_where_a_call_would_be() {
        let of = |kind, field: &str| schema(kind)["properties"][field].clone();
        assert_eq!(of(Kind::CampaignCompleted, "callId"), nothing());
        assert_eq!(of(Kind::CallCompleted, "callId")["type"], "string");
    }
}
