//! Values of a schema, and how they are spoiled.

use serde_json::{Map, Value, json};

use super::{chance::Chance, document::Document};

const DEPTH_MAX: usize = 6;
/// Nobody listens here, and nothing leaves this machine.
const NOWHERE: &str = "http://127.0.0.1:65431";

/// Texts that have broken somebody's software.
pub const TEXTS: [&str; 26] = [
    "",
    " ",
    "\0",
    "a\0b",
    "null",
    "undefined",
    "-1",
    "0",
    "1e999",
    "9223372036854775808",
    "\u{feff}x",
    "\u{202e}txet",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "'; DROP TABLE calls; --",
    "%",
    "_%_",
    "../../etc/passwd",
    "${jndi:ldap://x}",
    "{{7*7}}",
    "<script>",
    "2026-13-45T99:99:99Z",
    "0000-01-01T00:00:00Z",
    "-262143-01-01T00:00:00Z",
    "+262142-12-31T23:59:59Z",
    "00000000-0000-0000-0000-000000000000",
    "sub_00000000-0000-0000-0000-00000000000g",
];

pub struct Values<'a> {
    pub document: &'a Document,
    /// What is there, by the name of the field or parameter that names it.
    pub known: &'a [(&'a str, String)],
}

impl Values<'_> {
    /// A value that the schema allows, as far as the schema knows.
    pub fn valid(&self, chance: &mut Chance, name: &str, schema: &Value) -> Value {
        at_home(self.made(chance, name, schema, 0))
    }

    fn made(&self, chance: &mut Chance, name: &str, schema: &Value, depth: usize) -> Value {
        if let Some((_, known)) = self.known.iter().find(|(known, _)| *known == name)
            && chance.percent(80)
        {
            return known.clone().into();
        }
        let schema = self.document.resolve(schema);
        if !schema["example"].is_null() && chance.percent(70) {
            return schema["example"].clone();
        }
        if let Some(choices) = schema["enum"].as_array() {
            return chance.pick(choices).clone();
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let choice = chance.pick(choices);
            return self.made(chance, name, choice, depth + 1);
        }
        match type_of(chance, schema) {
            "object" => self.object(chance, schema, depth),
            "array" => {
                let most = schema["maxItems"].as_u64().map_or(3, |most| most.min(3));
                let count = chance.below(usize::try_from(most).unwrap_or(3) + 1);
                let count = if depth > DEPTH_MAX { 0 } else { count };
                let items = (0..count).map(|_| self.made(chance, "", &schema["items"], depth + 1));
                items.collect()
            }
            "integer" | "number" => number(chance, schema),
            "boolean" => chance.percent(50).into(),
            "null" => Value::Null,
            _ => text(chance, schema).into(),
        }
    }

    fn object(&self, chance: &mut Chance, schema: &Value, depth: usize) -> Value {
        let mut object = Map::new();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let is_required = required.iter().any(|known| known == name);
            if is_required || (depth <= DEPTH_MAX && chance.percent(18)) {
                object.insert(name.clone(), self.made(chance, name, schema, depth + 1));
            }
        }
        Value::Object(object)
    }
}

/// Addresses of examples, on this machine.
fn at_home(value: Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("https://example.com") => {
            text.replacen("https://example.com", NOWHERE, 1).into()
        }
        Value::Array(items) => items.into_iter().map(at_home).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(fields.map(|(name, value)| (name, at_home(value))).collect())
        }
        other => other,
    }
}

fn type_of<'a>(chance: &mut Chance, schema: &'a Value) -> &'a str {
    match &schema["type"] {
        Value::Array(types) if chance.percent(85) => types[0].as_str().unwrap_or("string"),
        Value::Array(types) => chance.pick(types).as_str().unwrap_or("string"),
        name => name.as_str().unwrap_or("string"),
    }
}

fn number(chance: &mut Chance, schema: &Value) -> Value {
    let least = schema["minimum"].as_i64().unwrap_or(-5);
    let most = schema["maximum"].as_i64().unwrap_or(least + 1_000);
    let between = i64::try_from(chance.below(1_000))
        .unwrap_or(0)
        .min(most - least);
    (*chance.pick(&[least, most, least + between])).into()
}

fn text(chance: &mut Chance, schema: &Value) -> String {
    if schema["format"] == "date-time" {
        let times = [
            "2026-06-01T09:00:00Z",
            "2026-01-05T09:00:00.000Z",
            "2026-12-31T23:59:59+14:00",
        ];
        return (*chance.pick(&times)).to_owned();
    }
    let bound = |name: &str| {
        schema[name]
            .as_u64()
            .and_then(|bound| usize::try_from(bound).ok())
    };
    let (least, most) = (
        bound("minLength").unwrap_or(0),
        bound("maxLength").unwrap_or(40),
    );
    let length = *chance.pick(&[least, most, most.min(8)]);
    (0..length)
        .map(|_| *chance.pick(&['a', 'b', 'Z', '0', '9', '_', '-']))
        .collect()
}

/// Something else than was wanted.
pub fn nonsense(chance: &mut Chance) -> Value {
    match chance.below(9) {
        0 => Value::Null,
        1 => json!({}),
        2 => json!([[], {"": null}]),
        3 => true.into(),
        4 => (*chance.pick(&[0, -1, i64::MIN, i64::MAX, 1 << 53, 1 << 31])).into(),
        5 => (*chance.pick(&[0.5, -0.0, 1e300, 5e-324])).into(),
        6 => u64::MAX.into(),
        7 => "x".repeat(*chance.pick(&[256, 300, 5_000])).into(),
        _ => (*chance.pick(&TEXTS)).into(),
    }
}

/// Changes one thing in a value, somewhere.
pub fn spoil(chance: &mut Chance, value: &mut Value) {
    match value {
        Value::Object(fields) if !fields.is_empty() && chance.percent(85) => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let name = chance.pick(&names).clone();
            match chance.below(10) {
                0 => drop(fields.remove(&name)),
                1 => drop(fields.insert((*chance.pick(&TEXTS)).to_owned(), nonsense(chance))),
                2 => drop(fields.insert(name + "_", nonsense(chance))),
                _ => spoil(chance, fields.get_mut(&name).expect("a name of its own")),
            }
        }
        Value::Array(items) if !items.is_empty() && chance.percent(70) => {
            let at = chance.below(items.len());
            match chance.below(4) {
                0 => items.push(nonsense(chance)),
                1 => *items = vec![items[at].clone(); 60],
                _ => spoil(chance, &mut items[at]),
            }
        }
        _ => *value = nonsense(chance),
    }
}
