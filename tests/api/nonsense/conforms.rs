//! Whether a value is what its schema says: as much of JSON Schema as our document uses. A word that
//! is not known here fails, so that nothing is passed over.

use chrono::DateTime;
use serde_json::{Map, Value, json};

use super::document::Document;

/// What says nothing of the value, or is said elsewhere.
const NOTES: [&str; 6] = [
    "description",
    "example",
    "examples",
    "title",
    "default",
    "deprecated",
];

const WORDS: [&str; 13] = [
    "additionalProperties",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "pattern",
    "properties",
    "propertyNames",
    "required",
    "type",
];

/// Everything that is wrong with a value, each with its path.
pub fn complaints(document: &Document, schema: &Value, value: &Value) -> Vec<String> {
    let mut judge = Judge {
        document,
        found: Vec::new(),
    };
    judge.judge(schema, value, "");
    judge.found
}

struct Judge<'a> {
    document: &'a Document,
    found: Vec<String>,
}

impl Judge<'_> {
    fn judge(&mut self, schema: &Value, value: &Value, at: &str) {
        let schema = self.document.resolve(schema).clone();
        let Some(rules) = schema.as_object() else {
            return;
        };
        for (word, rule) in rules {
            self.apply(rules, word, rule, value, at);
        }
    }

    fn apply(
        &mut self,
        rules: &Map<String, Value>,
        word: &str,
        rule: &Value,
        value: &Value,
        at: &str,
    ) {
        let fits = match (word, value) {
            ("type", _) => match rule {
                Value::Array(types) => types.iter().any(|name| is_of(name, value)),
                name => is_of(name, value),
            },
            ("enum", _) => rule.as_array().is_some_and(|all| all.contains(value)),
            ("format", _) => has_format(rule, value),
            ("minimum", Value::Number(number)) => number.as_f64() >= rule.as_f64(),
            ("maximum", Value::Number(number)) => number.as_f64() <= rule.as_f64(),
            ("minLength" | "maxLength", Value::String(text)) => {
                within(word, text.chars().count(), rule)
            }
            ("minItems" | "maxItems", Value::Array(items)) => within(word, items.len(), rule),
            ("oneOf", _) => return self.one_of(rule, value, at),
            ("allOf", _) => return self.judge(&self.as_one(rule), value, at),
            (_, Value::Array(items)) => return self.apply_to_list(word, rule, items, at),
            (_, Value::Object(fields)) => {
                return self.apply_to_object(rules, word, rule, fields, at);
            }
            _ => return known(word),
        };
        self.demand(fits, at, || {
            format!("{value} does not have the {word} {rule}")
        });
    }

    fn apply_to_list(&mut self, word: &str, rule: &Value, items: &[Value], at: &str) {
        if word != "items" {
            return known(word);
        }
        for (number, item) in items.iter().enumerate() {
            self.judge(rule, item, &format!("{at}[{number}]"));
        }
    }

    fn apply_to_object(
        &mut self,
        rules: &Map<String, Value>,
        word: &str,
        rule: &Value,
        fields: &Map<String, Value>,
        at: &str,
    ) {
        match word {
            "required" => {
                for name in rule.as_array().into_iter().flatten() {
                    let is_there = name.as_str().is_some_and(|name| fields.contains_key(name));
                    self.demand(is_there, at, || format!("has no {name}"));
                }
            }
            "properties" => self.fields(rules, rule, fields, at),
            "additionalProperties" if rule.is_object() => {
                let properties = rules.get("properties").unwrap_or(&Value::Null);
                for (name, field) in fields {
                    if properties.get(name).is_none() {
                        self.judge(rule, field, &format!("{at}.{name}"));
                    }
                }
            }
            word => known(word),
        }
    }

    /// Several objects that are written as one have the fields of all.
    fn as_one(&self, parts: &Value) -> Value {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for part in parts.as_array().into_iter().flatten() {
            let part = self.document.resolve(part);
            properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
            required.extend(part["required"].as_array().cloned().unwrap_or_default());
        }
        json!({"type": "object", "properties": properties, "required": required})
    }

    /// A field that is not documented is one that nobody promised: it is refused, even where a
    /// schema that says nothing of others would let it pass.
    fn fields(
        &mut self,
        rules: &Map<String, Value>,
        known: &Value,
        fields: &Map<String, Value>,
        at: &str,
    ) {
        for (name, field) in fields {
            let at = format!("{at}.{name}");
            match known.get(name) {
                Some(schema) => self.judge(schema, field, &at),
                None if rules.contains_key("additionalProperties") => {}
                None => self.demand(false, &at, || "is not documented".to_owned()),
            }
        }
    }

    fn one_of(&mut self, choices: &Value, value: &Value, at: &str) {
        let choices = choices.as_array().cloned().unwrap_or_default();
        let tried: Vec<_> = choices
            .iter()
            .map(|choice| complaints(self.document, choice, value))
            .collect();
        let fitting = tried
            .iter()
            .filter(|complaints| complaints.is_empty())
            .count();
        self.demand(fitting == 1, at, || {
            format!("fits {fitting} of {} choices: {tried:?}", choices.len())
        });
    }

    fn demand(&mut self, fits: bool, at: &str, what: impl FnOnce() -> String) {
        if !fits {
            self.found.push(format!("{at} {}", what()));
        }
    }
}

/// A word that says nothing of such a value, but is one that is understood.
fn known(word: &str) {
    assert!(
        NOTES.contains(&word) || WORDS.contains(&word),
        "say in conforms.rs what {word} demands"
    );
}

fn within(word: &str, count: usize, bound: &Value) -> bool {
    let bound = bound.as_u64().and_then(|bound| usize::try_from(bound).ok());
    bound.is_some_and(|bound| {
        if word.starts_with("min") {
            count >= bound
        } else {
            count <= bound
        }
    })
}

fn is_of(name: &Value, value: &Value) -> bool {
    match name.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_i64() || value.is_u64(),
        other => panic!("the type {other:?}"),
    }
}

fn has_format(format: &Value, value: &Value) -> bool {
    match (format.as_str(), value) {
        (Some("date-time"), Value::String(text)) => DateTime::parse_from_rfc3339(text).is_ok(),
        (Some("int32"), Value::Number(number)) => number
            .as_i64()
            .is_some_and(|number| i32::try_from(number).is_ok()),
        (Some("date-time" | "int32" | "int64" | "double"), _) => true,
        (other, _) => panic!("say in conforms.rs what the format {other:?} demands"),
    }
}

#[test]
fn what_does_not_conform_is_found() {
    let document = Document::read();
    let schema = json!({"type": "object", "required": ["a"], "properties": {
        "a": {"type": ["string", "null"], "maxLength": 2},
        "b": {"type": "array", "items": {"type": "integer", "minimum": 1}},
        "c": {"oneOf": [{"type": "null"}, {"type": "string", "format": "date-time"}]},
        "e": {"allOf": [{"type": "object", "properties": {"f": {}}},
            {"type": "object", "properties": {"g": {}}, "required": ["g"]}]},
    }});
    let said = |value: Value| complaints(&document, &schema, &value);
    assert!(
        said(json!({"a": null, "b": [1], "c": "2026-01-05T09:00:00Z",
        "e": {"f": 1, "g": 2}}))
        .is_empty()
    );
    for wrong in [
        json!([]),
        json!({}),
        json!({"a": "abc"}),
        json!({"a": "", "b": [0]}),
        json!({"a": "", "b": [1.5]}),
        json!({"a": "", "c": "yesterday"}),
        json!({"a": "", "d": 1}),
        json!({"a": "", "e": {"f": 1}}),
        json!({"a": "", "e": {"g": 1, "h": 1}}),
    ] {
        let found = said(wrong.clone());
        assert_eq!(found.len(), 1, "{wrong}: {found:?}");
    }
}
