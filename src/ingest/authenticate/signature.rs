//! An HMAC over the raw body, or over `{timestamp}.{body}`.
//!
//! Which of the two it is does not show in the headers: a timestamp may come
//! along unsigned. So both are tried, and a timestamp counts only where it is
//! under the signature. One cannot be passed off as the other, for a body
//! that begins with a number and a full stop is not JSON.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{
    Reason, Request, Secrets, Verdict, best_of, header::the_one, secrets::Signature,
    timestamp::Timestamp,
};

const SIGNATURE_HEADERS: [&str; 2] = ["x-vapi-signature", "x-signature"];
const TIMESTAMP_HEADER: &str = "x-timestamp";
const ALGORITHM_PREFIX: &[u8] = b"sha256=";

const HEX_CHARS: usize = 64;
/// Without the padding, which may be left out, and with it.
const BASE64_CHARS: [usize; 2] = [43, 44];
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn verify(request: Request<'_>, secrets: &Secrets) -> Verdict {
    best_of(SIGNATURE_HEADERS.map(|name| {
        let text = the_one(request.headers, name)?;
        verify_text(text, request, secrets)
    }))
}

fn verify_text(text: &[u8], request: Request<'_>, secrets: &Secrets) -> Verdict {
    if secrets.signing.are_missing() {
        return Err(Reason::NotConfigured);
    }
    let bare = text.strip_prefix(ALGORITHM_PREFIX).unwrap_or(text);
    let claimed = [decode(bare).ok_or(Reason::Malformed)?];
    verify_with_timestamp(&claimed, request, secrets).or_else(|reason| {
        match secrets.signing.have_signed(&[request.body], &claimed) {
            true => Ok(()),
            false => Err(reason.max(Reason::WrongSignature)),
        }
    })
}

fn verify_with_timestamp(
    claimed: &[Signature],
    request: Request<'_>,
    secrets: &Secrets,
) -> Verdict {
    let timestamp = Timestamp::read(the_one(request.headers, TIMESTAMP_HEADER)?)?;
    let parts = [timestamp.text, b".", request.body];
    match secrets.signing.have_signed(&parts, claimed) {
        true => timestamp.in_time(request.now),
        false => Err(Reason::WrongSignature),
    }
}

/// 32 bytes in hex, of either case, or in base64: the length tells which.
pub(super) fn decode(text: &[u8]) -> Option<Signature> {
    let mut signature = Signature::default();
    match text.len() {
        HEX_CHARS => hex::decode_to_slice(text, &mut signature).ok()?,
        length if BASE64_CHARS.contains(&length) => {
            signature = BASE64.decode(text).ok()?.try_into().ok()?;
        }
        _ => return None,
    }
    Some(signature)
}
