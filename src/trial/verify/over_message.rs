//! `webhook-signature: v1,<base64 of HMAC-SHA256(what the secret encodes, id.timestamp.body)> …`

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use super::{
    Check, Finding, Headers, Reason, Scheme, Secrets, VERIFIES,
    key::{Use, keys},
    of_body,
    rewriting::forms,
    unexplained,
};
use crate::infra::egress::advice;

pub(super) const SIGNATURE: &str = "webhook-signature";
const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const VERSION: &str = "v1,";
/// What the libraries allow, in either direction.
const TOLERANCE_SECS: i64 = 5 * 60;

/// Nothing where there is no header of this scheme.
pub(super) fn check(secrets: &Secrets, headers: &Headers, body: &[u8], now: i64) -> Option<Check> {
    let [id, timestamp, signature] = [ID, TIMESTAMP, SIGNATURE].map(|name| headers.get(name));
    let is_there = id.is_some() || timestamp.is_some() || signature.is_some();
    let check = |(reason, message)| Check::of(Scheme::StandardWebhooks, reason, message);
    is_there.then(|| match (id, timestamp, signature) {
        (Some(id), Some(timestamp), Some(signature)) => {
            let signed = Signed {
                id,
                timestamp,
                body,
            };
            check(judge(secrets, &signed, signature, now))
        }
        (id, timestamp, _) => {
            let missing = match (id, timestamp) {
                (None, _) => ID,
                (_, None) => TIMESTAMP,
                _ => SIGNATURE,
            };
            let message = format!(
                "{missing} is not among the headers: this scheme needs {ID}, {TIMESTAMP} and \
                 {SIGNATURE}."
            );
            Check::of(Scheme::StandardWebhooks, Reason::HeaderMissing, message)
        }
    })
}

struct Signed<'a> {
    id: &'a str,
    timestamp: &'a str,
    body: &'a [u8],
}

fn judge(secrets: &Secrets, signed: &Signed<'_>, signature: &str, now: i64) -> Finding {
    let Ok(at) = signed.timestamp.parse::<i64>() else {
        let message = "webhook-timestamp is not a whole number of seconds since 1970.";
        return (Reason::HeaderMalformed, message);
    };
    let macs: Vec<_> = signature
        .split_ascii_whitespace()
        .filter_map(read)
        .collect();
    if macs.is_empty() {
        let message = "webhook-signature holds no `v1,` with the base64 of 32 bytes: look whether \
                       all of the header came through.";
        return (Reason::HeaderMalformed, message);
    }
    match explain(secrets, signed, &macs) {
        Some((Reason::Ok, _)) => in_time(at, now),
        Some(finding) => finding,
        None => unexplained(secrets),
    }
}

/// The bytes of one signature, and what is wrong with how they are written.
fn read(signature: &str) -> Option<([u8; 32], Option<Finding>)> {
    let (digits, has_version) = match signature.strip_prefix(VERSION) {
        Some(digits) => (digits, true),
        None => (signature, false),
    };
    let (mac, is_hex) = match hex::decode(digits) {
        Ok(mac) => (mac, true),
        Err(_) => (BASE64.decode(digits).ok()?, false),
    };
    let finding = match (is_hex, has_version) {
        (true, _) => Some((
            Reason::WrongEncoding,
            "The signature is right but in hex: in this scheme it must be in base64.",
        )),
        (false, false) => Some((
            Reason::PrefixMissing,
            "The signature is right but lacks `v1,` in front: keep the header as it came.",
        )),
        (false, true) => None,
    };
    Some((mac.try_into().ok()?, finding))
}

fn in_time(at: i64, now: i64) -> Finding {
    let age = now.saturating_sub(at);
    if age > TOLERANCE_SECS {
        (Reason::StaleTimestamp, advice::CLOCK_OFF)
    } else if age < -TOLERANCE_SECS {
        (Reason::EarlyTimestamp, advice::CLOCK_OFF)
    } else {
        (Reason::Ok, VERIFIES)
    }
}

/// The first key and body with which one of the signatures matches.
fn explain(
    secrets: &Secrets,
    signed: &Signed<'_>,
    macs: &[([u8; 32], Option<Finding>)],
) -> Option<Finding> {
    let (id, at) = (signed.id.as_bytes(), signed.timestamp.as_bytes());
    let forms = forms(signed.body);
    let mut keys = keys(secrets);
    // What this scheme wants comes first, so that whatever else is found is a mistake.
    keys.sort_by_key(|key| key.used != Use::Decoded);
    for key in keys {
        for (form, bytes) in &forms {
            let made = key.mac(&[id, b".", at, b".", bytes]);
            if let Some((_, spelling)) = macs.iter().find(|(given, _)| made.is(given)) {
                let finding = of_key(key.used).or(of_body(*form)).or(*spelling);
                return Some(finding.unwrap_or((Reason::Ok, VERIFIES)));
            }
        }
    }
    None
}

fn of_key(used: Use) -> Option<Finding> {
    Some(match used {
        Use::Decoded => return None,
        Use::Text | Use::Bare | Use::Completed => (
            Reason::SecretNotDecoded,
            "The signature was made with the secret as text: for webhook-signature the key is \
             what stands behind `whsec_`, decoded from base64.",
        ),
        Use::TrimmedText | Use::TrimmedDecoded => (
            Reason::SecretMalformed,
            "The secret that was given has a blank or a line break around it: remove it.",
        ),
        Use::PreviousText | Use::PreviousDecoded => (
            Reason::OldSecret,
            "The signature is by the secret before the present one: this delivery was signed \
             before the rotation.",
        ),
    })
}
