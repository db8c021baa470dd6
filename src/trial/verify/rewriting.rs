//! The bodies that the one we are shown may have been.
//!
//! What we sign is compact JSON as JavaScript writes it. Whoever parses it and
//! writes it again in another language gets other bytes: blanks, escapes, other
//! spellings of numbers, sorted names. From the same JSON our own spelling is
//! found again.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value, json};

use crate::events::stable;

/// The names of an event, in the order in which they are told.
const NAMES: [&str; 7] = [
    "id",
    "event",
    "callId",
    "status",
    "sequence",
    "timestamp",
    "data",
];
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What was done to a body before we were shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    AsItIs,
    /// Something was put around it.
    Unpadded,
    Rewritten,
}

/// The likeliest first.
pub(super) fn forms(body: &[u8]) -> Vec<(Form, Cow<'_, [u8]>)> {
    let bare = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let bare = bare.trim_ascii();
    let mut forms = vec![(Form::AsItIs, Cow::Borrowed(body))];
    if bare != body {
        forms.push((Form::Unpadded, Cow::Borrowed(bare)));
    }
    if let Ok(Spelled(text)) = serde_json::from_slice(bare) {
        forms.push((Form::Rewritten, Cow::Owned(text.into_bytes())));
    }
    if let Some(sorted) = in_our_order(bare) {
        forms.push((Form::Rewritten, Cow::Owned(sorted)));
    }
    forms
}

/// An event whose names somebody has sorted, in the order in which it is told.
fn in_our_order(body: &[u8]) -> Option<Vec<u8>> {
    let mut fields: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let ours = NAMES.map(|name| fields.remove(name).map(|value| (name, value)));
    let ours: Vec<_> = ours.into_iter().flatten().collect();
    (ours.len() == NAMES.len() && fields.is_empty()).then(|| stable::object(&ours))
}

/// JSON in our spelling, its names in the order in which they stand.
struct Spelled(String);

struct Spelling;

impl<'de> Deserialize<'de> for Spelled {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Spelling)
    }
}

fn leaf(value: &Value) -> Spelled {
    Spelled(String::from_utf8_lossy(&stable::bytes(value)).into_owned())
}

impl<'de> Visitor<'de> for Spelling {
    type Value = Spelled;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Spelled, E> {
        Ok(leaf(&Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Spelled, E> {
        Ok(leaf(&json!(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Spelled, E> {
        Ok(leaf(&json!(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Spelled, E> {
        Ok(leaf(&json!(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Spelled, E> {
        Ok(leaf(&json!(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Spelled, E> {
        Ok(leaf(&json!(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Spelled, A::Error> {
        let mut spelled = Vec::new();
        while let Some(Spelled(item)) = items.next_element()? {
            spelled.push(item);
        }
        Ok(Spelled(format!("[{}]", spelled.join(","))))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Spelled, A::Error> {
        let mut spelled = Vec::new();
        while let Some((name, Spelled(value))) = fields.next_entry::<String, Spelled>()? {
            let Spelled(name) = leaf(&Value::String(name));
            spelled.push(format!("{name}:{value}"));
        }
        Ok(Spelled(format!("{{{}}}", spelled.join(","))))
    }
}
