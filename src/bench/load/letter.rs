//! What is sent: reports of calls that have ended, as Vapi sends them, each of another call.
//!
//! A report is written before the run, with blanks where a call's id and number go. To send one is
//! to copy it and fill in the blanks, which are always as long; so writing costs next to nothing
//! while something is measured, and there may be millions of them.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// What a call's id looks like. As Vapi's ids do, it begins with the time, a millisecond later for
/// each call; it ends with the call's number.
const ID: &str = "019b8f2a-0000-7000-8000-000000000000";
const FIRST_CALL_MILLIS: u64 = 0x019b_8f2a_0000;
const ID_NUMBER: std::ops::Range<usize> = 24..36;
const PHONE: &str = "+18640000000";
const PHONE_NUMBER: std::ops::Range<usize> = 5..12;
const SIGNATURE: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// A field of every call's metadata, whose value is `0`: a subscription may ask for it, or for another.
pub const LANE: &str = "lane";
const LINES: [&str; 4] = [
    "AI: Hello, I am calling to ask whether somebody could come and look at a leaking tap.",
    "User: We can. Tomorrow between nine and eleven would suit us, or late on Thursday.",
    "AI: Tomorrow at nine is good. May I ask what you take for the first hour of work?",
    "User: It is ninety dollars for the first hour, and the way there is part of that.",
];

/// How a letter proves where it comes from.
#[derive(Clone, Debug)]
pub enum Proof {
    Secret(String),
    Signature(String),
}

#[derive(Clone)]
pub struct Letter {
    text: Vec<u8>,
    body_at: usize,
    ids: Vec<usize>,
    phones: Vec<usize>,
    signature: Option<(usize, Hmac<Sha256>)>,
}

impl Letter {
    /// A report of so many bytes, or of as few as a report can have, about calls of this owner.
    pub fn report(path: &str, bytes: usize, proof: &Proof, owner: &str) -> Self {
        let body = report(bytes, owner);
        let proven = match proof {
            Proof::Secret(secret) => format!("x-vapi-secret: {secret}"),
            Proof::Signature(_) => format!("x-vapi-signature: {SIGNATURE}"),
        };
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n{proven}\r\n\r\n",
            body.len()
        );
        let text = format!("{head}{body}");
        let signature = match proof {
            Proof::Secret(_) => None,
            Proof::Signature(secret) => places(&head, SIGNATURE).pop().map(|at| {
                let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes());
                (at, mac.expect("a MAC takes a key of any length"))
            }),
        };
        Self {
            body_at: head.len(),
            ids: places(&text, ID),
            phones: places(&text, PHONE),
            signature,
            text: text.into_bytes(),
        }
    }

    /// The request about the call of this number.
    pub fn write(&self, number: u64, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.text);
        let (id, phone) = (call_id(number), format!("{:07}", number % 10_000_000));
        for (places, range, text) in [
            (&self.ids, 0..ID.len(), &id),
            (&self.phones, PHONE_NUMBER, &phone),
        ] {
            for at in places {
                to[at + range.start..at + range.end].copy_from_slice(text.as_bytes());
            }
        }
        if let Some((at, mac)) = &self.signature {
            let mut mac = mac.clone();
            mac.update(&to[self.body_at..]);
            let signature = hex::encode(mac.finalize().into_bytes());
            to[*at..at + SIGNATURE.len()].copy_from_slice(signature.as_bytes());
        }
    }
}

/// Vapi's id of the call of this number.
pub fn call_id(number: u64) -> String {
    let millis = FIRST_CALL_MILLIS + number;
    let (high, low) = (millis >> 16, millis & 0xffff);
    format!("{high:08x}-{low:04x}-7000-8000-{number:012x}")
}

/// The number of the call that a text begins with the id of.
pub fn number_of(id: &[u8]) -> Option<u64> {
    let number = id.get(ID_NUMBER)?;
    u64::from_str_radix(str::from_utf8(number).ok()?, 16).ok()
}

fn places(text: &str, what: &str) -> Vec<usize> {
    text.match_indices(what).map(|(at, _)| at).collect()
}

fn report(bytes: usize, owner: &str) -> String {
    let mut transcript = String::new();
    let mut lines = LINES.iter().cycle();
    let shortest = message(&transcript, owner).len();
    while shortest + transcript.len() < bytes {
        if let Some(line) = lines.next() {
            transcript.push_str(line);
            // No line break, which JSON would write as two bytes.
            transcript.push(' ');
        }
    }
    transcript.truncate(bytes.saturating_sub(shortest));
    message(&transcript, owner)
}

fn message(transcript: &str, owner: &str) -> String {
    let call = json!({
        "id": ID,
        "type": "outboundPhoneCall",
        "status": "queued",
        "customer": {"number": PHONE, "name": "Joe's Plumbing"},
        "metadata": {"ownerId": owner, LANE: "0"},
    });
    let analysis = json!({
        "summary": "They can come tomorrow at nine, for 90 dollars an hour.",
        "structuredData": as_asked(),
        "successEvaluation": "true",
    });
    let message: Value = json!({
        "type": "end-of-call-report",
        "timestamp": 1_767_636_000_000_i64,
        "endedReason": "customer-ended-call",
        "call": call,
        "startedAt": "2026-01-05T17:57:00.000Z",
        "endedAt": "2026-01-05T18:00:00.000Z",
        "durationMs": 180_000,
        "cost": 0.45,
        "recordingUrl": format!("https://storage.example.com/{ID}.wav"),
        "analysis": analysis,
        "artifact": {"transcript": transcript},
    });
    json!({"message": message}).to_string()
}

/// What our assistant is asked to find out: anything else is complained of in the log.
fn as_asked() -> Value {
    json!({
        "availability": "available",
        "earliest_availability": "9am",
        "estimated_rate": "90/h",
        "single_person_found": true,
        "all_criteria_met": true,
        "criteria_details": {"licensed": true},
        "disqualified": false,
        "call_outcome": "positive",
        "recommended": true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vapi::{assistant::structured_data, message::understand};

    fn letter(bytes: usize, proof: Proof) -> Letter {
        Letter::report("/hook", bytes, &proof, "admin")
    }

    fn written(letter: &Letter, number: u64) -> (String, String) {
        let mut request = Vec::new();
        letter.write(number, &mut request);
        let text = String::from_utf8(request).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    fn secret() -> Proof {
        Proof::Secret("s".to_owned())
    }

    #[test]
    fn a_report_has_the_size_that_was_asked_for_and_is_understood() {
        for bytes in [1_024, 6_144] {
            let (head, body) = written(&letter(bytes, secret()), 1);
            assert_eq!(body.len(), bytes);
            assert!(head.contains(&format!("content-length: {bytes}\r\n")));
            let message = understand(body.as_bytes()).unwrap();
            let results = message.results.unwrap();
            assert!(results.transcript.is_some());
            let found_out = results.structured_data.unwrap();
            assert!(structured_data::complaints(&found_out).is_empty());
        }
    }

    #[test]
    fn each_number_is_another_call_of_another_person() {
        let letter = letter(1_024, secret());
        let call = |number| {
            let body = written(&letter, number).1;
            let call = understand(body.as_bytes()).unwrap().call.unwrap();
            (call.vapi_id, call.customer_number.unwrap(), call.owner)
        };
        let owner = || Some("admin".to_owned());
        assert_eq!(call(0), (call_id(0), PHONE.to_owned(), owner()));
        assert_eq!(
            call(0xabc),
            (
                "019b8f2a-0abc-7000-8000-000000000abc".to_owned(),
                "+18640002748".to_owned(),
                owner()
            )
        );
        assert_eq!(number_of(call_id(0xabc).as_bytes()), Some(0xabc));
        assert_eq!(number_of(b"call_abc123"), None);
    }

    #[test]
    fn a_signed_letter_is_signed_as_it_is_sent() {
        let (head, body) = written(&letter(1_024, Proof::Signature("key".to_owned())), 7);
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(b"key").unwrap();
        mac.update(body.as_bytes());
        let signature = hex::encode(mac.finalize().into_bytes());
        assert!(
            head.ends_with(&format!("x-vapi-signature: {signature}")),
            "{head}"
        );
    }
}
