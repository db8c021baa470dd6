//! Every mode with what is right and with everything that is nearly right.

mod anything;
mod refusals;
mod shared_secret;
mod signature;
mod standard_webhooks;

use std::{num::NonZeroU32, time::Duration};

use actix_web::http::header::{HeaderName, HeaderValue};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::*;
use crate::config::{IngestConfig, Rate, Secret};

const NOW: Millis = 1_763_567_291_000;
const BODY: &str = r#"{"message":{"type":"status-update","status":"ended"}}"#;
/// The same to a reader of JSON, and other bytes.
const BODY_WRITTEN_ANEW: &str = r#"{"message":{"status":"ended","type":"status-update"}}"#;

const SHARED: [&str; 2] = ["new-shared-secret", "old-shared-secret"];
const SIGNING: [&str; 2] = ["new-signing-secret", "old-signing-secret"];

type Headers<'h> = Vec<(&'static str, &'h str)>;

fn secrets(shared: &[&str], signing: &[&str]) -> Secrets {
    let list = |words: &[&str]| words.iter().copied().map(Secret::new).collect();
    Secrets::new(&IngestConfig {
        shared_secrets: list(shared),
        signing_secrets: list(signing),
        session_rate: Rate {
            count: NonZeroU32::MIN,
            per: Duration::from_secs(60),
        },
        spool: true,
        trust_web_metadata: false,
        session_claim: true,
    })
}

fn header_map(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }
    headers
}

fn asked_with(
    secrets: &Secrets,
    lines: &[(&'static str, &str)],
    body: &str,
) -> Result<Passed, Refused> {
    authenticate(&header_map(lines), body.as_bytes(), NOW, secrets)
}

/// What comes of a request, with two shared and two signing secrets.
fn asked(lines: &[(&'static str, &str)], body: &str) -> Result<Mode, Reason> {
    asked_with(&secrets(&SHARED, &SIGNING), lines, body)
        .map(|passed| passed.mode)
        .map_err(|refused| refused.reason)
}

/// A table: what is sent, with the body as it was signed, and what comes of it.
fn check<'h>(rows: impl IntoIterator<Item = (&'h str, Headers<'h>, Result<Mode, Reason>)>) {
    for (what, lines, expected) in rows {
        assert_eq!(asked(&lines, BODY), expected, "{what}: {lines:?}");
    }
}

fn hmac(key: &[u8], text: &str) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

fn hex_of(key: &str, text: &str) -> String {
    hex::encode(hmac(key.as_bytes(), text))
}

fn base64_of(key: &str, text: &str) -> String {
    BASE64.encode(hmac(key.as_bytes(), text))
}
