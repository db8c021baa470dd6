//! Standard Webhooks: `{id}.{timestamp}.{body}` under one or more signatures,
//! each behind its version, several of them while a secret is replaced.

use actix_web::http::header::HeaderMap;

use super::{
    Reason, Request, Secrets, Verdict,
    header::{companion, the_one},
    secrets::Signature,
    signature::decode,
    timestamp::Timestamp,
};

const ID_HEADER: &str = "webhook-id";
const TIMESTAMP_HEADER: &str = "webhook-timestamp";
const SIGNATURE_HEADER: &str = "webhook-signature";
/// HMAC-SHA256; signatures of other versions may stand beside it.
const VERSION_PREFIX: &[u8] = b"v1,";
const SIGNATURES_MAX: usize = 16;
const ID_CHARS_MAX: usize = 255;

pub(super) fn verify(request: Request<'_>, secrets: &Secrets) -> Verdict {
    let list = the_one(request.headers, SIGNATURE_HEADER)?;
    if secrets.standard.are_missing() {
        return Err(Reason::NotConfigured);
    }
    let id = id(request.headers)?;
    let timestamp = Timestamp::read(companion(request.headers, TIMESTAMP_HEADER)?)?;
    let claimed = signatures(list);
    if claimed.is_empty() {
        return Err(Reason::Malformed);
    }
    let parts = [id.as_bytes(), b".", timestamp.text, b".", request.body];
    match secrets.standard.have_signed(&parts, &claimed) {
        true => timestamp.in_time(request.now),
        false => Err(Reason::WrongSignature),
    }
}

/// A short plain word without a full stop: with one, an id could swallow the
/// timestamp and some of the body, and what is left would still be signed.
pub(super) fn id(headers: &HeaderMap) -> Result<&str, Reason> {
    let id = companion(headers, ID_HEADER)?;
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && *byte != b'.';
    match id.len() <= ID_CHARS_MAX && id.iter().all(is_plain) {
        true => str::from_utf8(id).map_err(|_| Reason::Malformed),
        false => Err(Reason::Malformed),
    }
}

fn signatures(list: &[u8]) -> Vec<Signature> {
    list.split(|byte| *byte == b' ')
        .filter_map(|entry| entry.strip_prefix(VERSION_PREFIX))
        .filter_map(decode)
        .take(SIGNATURES_MAX)
        .collect()
}
