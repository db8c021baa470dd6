//! What is to be found out in a call, defined once: for Vapi, which extracts it, and for results,
//! where a model's word is checked against it.

use serde_json::{Map, Value, json};

/// What a field may hold.
enum Holds {
    Text,
    OneOf(&'static [&'static str]),
    YesOrNo,
    /// By name, whether it is met.
    YesOrNoEach,
}

struct Field {
    name: &'static str,
    holds: Holds,
    is_required: bool,
    description: &'static str,
}

const fn field(name: &'static str, holds: Holds, description: &'static str) -> Field {
    Field {
        name,
        holds,
        is_required: true,
        description,
    }
}

const fn optional(name: &'static str, description: &'static str) -> Field {
    Field {
        is_required: false,
        ..field(name, Holds::Text, description)
    }
}

#[rustfmt::skip]
const FIELDS: [Field; 12] = [
    field("availability", Holds::OneOf(&["available", "unavailable", "callback_requested", "unclear"]), "Whether the provider can do the work in time"),
    field("earliest_availability", Holds::Text, "The earliest day and time they offered, such as \"Tomorrow at 2pm\"; empty if none"),
    field("estimated_rate", Holds::Text, "The rate they quoted and what it is for; empty if none"),
    field("single_person_found", Holds::YesOrNo, "Whether one person meets all criteria"),
    optional("technician_name", "That person's name"),
    field("all_criteria_met", Holds::YesOrNo, "Whether every criterion is met"),
    field("criteria_details", Holds::YesOrNoEach, "Each criterion by a short name, and whether it is met"),
    field("disqualified", Holds::YesOrNo, "Whether the provider was ruled out during the call"),
    optional("disqualification_reason", "Why, in a few words"),
    field("call_outcome", Holds::OneOf(&["positive", "negative", "neutral", "no_answer", "voicemail"]), "How the call went"),
    field("recommended", Holds::YesOrNo, "Whether to recommend the provider to the client"),
    optional("notes", "Whatever else the client should know"),
];

/// As a JSON Schema.
pub fn schema() -> Value {
    let properties: Map<String, Value> = FIELDS
        .iter()
        .map(|field| (field.name.to_owned(), property(field)))
        .collect();
    let required: Vec<_> = FIELDS
        .iter()
        .filter(|field| field.is_required)
        .map(|field| field.name)
        .collect();
    json!({"type": "object", "properties": properties, "required": required})
}

fn property(field: &Field) -> Value {
    let description = field.description;
    match field.holds {
        Holds::Text => json!({"type": "string", "description": description}),
        Holds::OneOf(words) => {
            json!({"type": "string", "enum": words, "description": description})
        }
        Holds::YesOrNo => json!({"type": "boolean", "description": description}),
        Holds::YesOrNoEach => json!({
            "type": "object",
            "additionalProperties": {"type": "boolean"},
            "description": description,
        }),
    }
}

/// What of it is not as it should be, each by its field: a model made it, so it may be anything.
/// Fields that are not asked for are nobody's business.
pub fn complaints(data: &Value) -> Vec<String> {
    let Some(data) = data.as_object() else {
        return vec!["structuredData: is no object".to_owned()];
    };
    FIELDS
        .iter()
        .filter_map(|field| match data.get(field.name) {
            None | Some(Value::Null) => field
                .is_required
                .then(|| format!("{}: is missing", field.name)),
            Some(value) => field
                .holds
                .complaint(value)
                .map(|what| format!("{}: {what}", field.name)),
        })
        .collect()
}

impl Holds {
    fn complaint(&self, value: &Value) -> Option<String> {
        (!self.is_met_by(value)).then(|| match self {
            Self::Text => "is no text".to_owned(),
            Self::OneOf(words) => format!("is none of {}", words.join(", ")),
            Self::YesOrNo => "is neither true nor false".to_owned(),
            Self::YesOrNoEach => "is no object of true and false".to_owned(),
        })
    }

    fn is_met_by(&self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::YesOrNo => value.is_boolean(),
            Self::YesOrNoEach => value
                .as_object()
                .is_some_and(|each| each.values().all(Value::is_boolean)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_data_gives_no_reason_to_complain() {
        let data = json!({
            "availability": "available", "earliest_availability": "Friday morning",
            "estimated_rate": "$95 an hour", "single_person_found": true,
            "all_criteria_met": true, "criteria_details": {"licensed": true},
            "disqualified": false, "call_outcome": "positive", "recommended": true,
            "technician_name": null, "anything": ["else"],
        });
        assert_eq!(complaints(&data), Vec::<String>::new());
    }

    #[test]
    fn each_field_that_is_off_is_named() {
        let data = json!({
            "availability": "maybe", "earliest_availability": 7, "estimated_rate": "",
            "single_person_found": "yes", "all_criteria_met": true,
            "criteria_details": {"licensed": "yes"}, "disqualified": false,
            "call_outcome": "qualified", "notes": {},
        });
        assert_eq!(
            complaints(&data),
            [
                "availability: is none of available, unavailable, callback_requested, unclear",
                "earliest_availability: is no text",
                "single_person_found: is neither true nor false",
                "criteria_details: is no object of true and false",
                "call_outcome: is none of positive, negative, neutral, no_answer, voicemail",
                "recommended: is missing",
                "notes: is no text",
            ]
        );
        assert_eq!(
            complaints(&json!("qualified")),
            ["structuredData: is no object"]
        );
    }
}
