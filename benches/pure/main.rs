//! The pure parts of an event's way, a few at a time: `cargo bench`.
//!
//! What Vapi sent is parsed, redacted and judged; what subscribers get is written, signed and, where
//! it fails, put off. None of it waits for anything, so what it costs is what the processor takes.
//! How it all goes together is measured by `ringback bench`.

use std::time::Duration;

use chrono::DateTime;
use divan::{Bencher, black_box};
use entity::{CallId, EventId, calls::CallStatus};
use ringback::{
    delivery::{
        retry::{self, Failed},
        sign::{Attempt, Signers, SigningSecret, sign},
    },
    events::{Kind, Payload, Subject},
    vapi::{message::understand, redact::redact},
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

mod subscriptions;

/// As Vapi sends it, with a conversation in it.
const REPORT: &[u8] = include_bytes!("../../tests/fixtures/vapi/end-of-call-report.json");
/// One of the small messages that come while a call goes on.
const STATUS: &[u8] = include_bytes!("../../tests/fixtures/vapi/status-update.in-progress.json");
const SCHEDULE: [Duration; 3] = [
    Duration::from_secs(5),
    Duration::from_secs(300),
    Duration::from_secs(1_800),
];

fn main() {
    divan::main();
}

#[divan::bench(args = [("report", REPORT), ("status", STATUS)].map(Named))]
fn parse(bencher: Bencher<'_, '_>, message: &Named) {
    bencher
        .counter(divan::counter::BytesCount::of_slice(message.0.1))
        .bench(|| understand(black_box(message.0.1)).expect("Vapi makes sense"));
}

#[divan::bench(args = [("report", REPORT), ("status", STATUS)].map(Named))]
fn redaction(bencher: Bencher<'_, '_>, message: &Named) {
    let parsed: Value = serde_json::from_slice(message.0.1).expect("it is JSON");
    bencher
        .with_inputs(|| parsed.clone())
        .bench_refs(|value| redact(black_box(value)));
}

#[divan::bench]
fn payload_bytes(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(payload)
        .bench_values(|payload| black_box(payload).into_bytes());
}

#[divan::bench(args = [1_024, 6_144, 65_536])]
fn signature(bencher: Bencher<'_, '_>, body_bytes: usize) {
    let body = vec![b'a'; body_bytes];
    let signers = Signers {
        current: SigningSecret::generate(),
        previous: None,
    };
    let attempt = Attempt {
        id: "evt_0198a7c4-5b1e-7c3a-9d2f-1a2b3c4d5e6f",
        event: Kind::CallCompleted.name(),
        at: DateTime::UNIX_EPOCH,
        number: 1,
        is_replay: false,
    };
    bencher
        .counter(divan::counter::BytesCount::new(body_bytes))
        .bench(|| sign(black_box(attempt), &body, &signers));
}

#[divan::bench]
fn retry_decision() -> retry::Next {
    let failed = Failed {
        at: 1_767_636_000_000,
        steps: 1,
        due_at: 1_767_635_999_000,
        is_free: false,
        asked: Some(Duration::from_secs(60)),
    };
    retry::next(black_box(&SCHEDULE), black_box(&failed), 0.3)
}

/// A message under its name, by which it is told.
struct Named((&'static str, &'static [u8]));

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.0)
    }
}

/// A completed call of about a kilobyte.
fn payload() -> Payload {
    let data = json!({
        "outcome": "completed",
        "ended_reason": "customer-ended-call",
        "summary": "They can come tomorrow at nine, for 90 dollars an hour.",
        "structured_data": {"availability": "available", "rate": 90},
        "transcript": "AI: Hello, may I ask about a leaking tap?\nUser: You may.\n".repeat(10),
        "customer": {"number": "+18645550123", "name": "Joe's Plumbing"},
        "metadata": {"team": "north"},
    });
    Payload {
        id: EventId::from_uuid(Uuid::nil()),
        kind: Kind::CallCompleted,
        call: Some(Subject {
            id: CallId::from_uuid(Uuid::nil()),
            vapi_id: Some("5f1eb0a7-0000-7000-8000-000000000000".to_owned()),
            status: CallStatus::Ended,
            sequence: 3,
        }),
        timestamp: 1_767_636_000_000,
        data: data.as_object().cloned().unwrap_or_else(Map::new),
    }
}
