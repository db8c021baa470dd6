//! `x-webhook-signature: sha256=<hex of HMAC-SHA256(secret as written, body)>`

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use super::{
    Check, Finding, Headers, Reason, Scheme, Secrets, VERIFIES,
    key::{Use, keys},
    of_body,
    rewriting::forms,
    unexplained,
};

pub(super) const SIGNATURE: &str = "x-webhook-signature";
const SIGNATURE_PREVIOUS: &str = "x-webhook-signature-previous";
const PREFIX: &str = "sha256=";

/// Nothing where there is no header of this scheme.
pub(super) fn check(secrets: &Secrets, headers: &Headers, body: &[u8]) -> Option<Check> {
    let previous = headers.get(SIGNATURE_PREVIOUS);
    let (reason, message) = match headers.get(SIGNATURE) {
        Some(signature) => judge(secrets, signature, previous, body),
        None => {
            previous?;
            let message = "x-webhook-signature is not among the headers: the receiver must read \
                           that one, for x-webhook-signature-previous is by the secret before.";
            (Reason::HeaderMissing, message)
        }
    };
    Some(Check::of(Scheme::OverBody, reason, message))
}

fn judge(secrets: &Secrets, signature: &str, previous: Option<&str>, body: &[u8]) -> Finding {
    let Some((mac, spelling)) = read(signature) else {
        let message = "The signature is not `sha256=` and 64 digits of lower-case hex: look \
                       whether all of the header came through.";
        return (Reason::HeaderMalformed, message);
    };
    let is_by_previous = || {
        let mac = previous.and_then(read).map(|(mac, _)| mac);
        mac.is_some_and(|mac| keys(secrets)[0].mac(&[body]).is(&mac))
    };
    match explain(secrets, &mac, body) {
        Some((Reason::Ok, _)) => spelling.unwrap_or((Reason::Ok, VERIFIES)),
        Some(finding) => finding,
        None if is_by_previous() => (
            Reason::OldSecret,
            "The secret that was given is the one before: x-webhook-signature-previous is by it. \
             Give the receiver the new one.",
        ),
        None => unexplained(secrets),
    }
}

/// The bytes of a signature, and what is wrong with how they are written.
fn read(signature: &str) -> Option<([u8; 32], Option<Finding>)> {
    let (digits, has_prefix) = match signature.strip_prefix(PREFIX) {
        Some(digits) => (digits, true),
        None => (signature, false),
    };
    let from_hex = hex::decode(digits).ok();
    let is_hex = from_hex.is_some();
    let mac = from_hex.or_else(|| BASE64.decode(digits).ok())?;
    let mac = mac.try_into().ok()?;
    let finding = match (is_hex, has_prefix) {
        (false, _) => Some((
            Reason::WrongEncoding,
            "The signature is right but in base64: it must be in lower-case hex.",
        )),
        (true, _) if digits.bytes().any(|byte| byte.is_ascii_uppercase()) => Some((
            Reason::WrongEncoding,
            "The signature is right but in upper-case hex: it must be in lower-case hex.",
        )),
        (true, false) => Some((
            Reason::PrefixMissing,
            "The signature is right but lacks `sha256=` in front: compare with the prefix on \
             both sides, or on neither.",
        )),
        (true, true) => None,
    };
    Some((mac, finding))
}

/// The first key and body with which the signature matches. The key as it should be with the body
/// as it is comes first, so whatever else is found is a mistake.
fn explain(secrets: &Secrets, mac: &[u8; 32], body: &[u8]) -> Option<Finding> {
    let forms = forms(body);
    for key in keys(secrets) {
        for (form, bytes) in &forms {
            if key.mac(&[bytes]).is(mac) {
                return Some(
                    of_key(key.used)
                        .or(of_body(*form))
                        .unwrap_or((Reason::Ok, VERIFIES)),
                );
            }
        }
    }
    None
}

fn of_key(used: Use) -> Option<Finding> {
    Some(match used {
        Use::Text => return None,
        Use::Decoded => (
            Reason::SecretDecoded,
            "The signature was made with what the secret encodes: for x-webhook-signature the key \
             is the secret as it is written, `whsec_` included.",
        ),
        Use::Bare => (
            Reason::SecretMalformed,
            "The signature was made without `whsec_`: for x-webhook-signature the key is the \
             secret as it is written, `whsec_` included.",
        ),
        Use::Completed => (
            Reason::SecretMalformed,
            "The secret that was given lacks `whsec_` in front, which belongs to it.",
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
