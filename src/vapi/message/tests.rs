//! Every shape, every type, every body that our users' own documents show.

use serde_json::{Value, json};

use super::*;

mod anything;
mod envelope;
mod refusals;
mod users;

/// A sample of what Vapi sends, gives or takes.
macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/vapi/",
            $name,
            ".json"
        ))
    };
}
use fixture;

fn understood(body: &Value) -> Message {
    understand(body.to_string().as_bytes()).unwrap_or_else(|why| panic!("{why} in {body}"))
}

fn envelope(kind: &str, fields: Value) -> Value {
    let mut message = json!({"type": kind, "call": {"id": "c1", "status": "queued"}});
    for (name, value) in fields.as_object().into_iter().flatten() {
        message[name] = value.clone();
    }
    json!({"message": message})
}
