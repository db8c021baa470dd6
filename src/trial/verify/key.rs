//! The keys that a secret has been taken for.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Secrets;

const PREFIX: &str = "whsec_";

/// How a key was got from the secret that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// The secret as it is written.
    Text,
    /// What its base64 encodes.
    Decoded,
    /// Its base64 alone, as text.
    Bare,
    /// It was given without `whsec_`, and is the text with it.
    Completed,
    /// It was given with blanks or a line break around it; then as written.
    TrimmedText,
    /// The same, decoded.
    TrimmedDecoded,
    /// The one before it, as it is written.
    PreviousText,
    /// The one before it, decoded.
    PreviousDecoded,
}

pub(super) struct Key {
    pub used: Use,
    bytes: Zeroizing<Vec<u8>>,
}

/// What a key makes of a message. The secret may be one that the caller does
/// not see, so how far a guess was right must not show in the time it takes.
pub(super) struct Made([u8; 32]);

impl Made {
    pub fn is(&self, claimed: &[u8; 32]) -> bool {
        self.0.ct_eq(claimed).into()
    }
}

impl Key {
    pub fn mac(&self, parts: &[&[u8]]) -> Made {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.bytes)
            .expect("a MAC takes a key of any length");
        for part in parts {
            mac.update(part);
        }
        Made(mac.finalize().into_bytes().into())
    }
}

/// Every key that somebody may have made of these secrets.
pub(super) fn keys(secrets: &Secrets) -> Vec<Key> {
    let given = secrets.current.expose();
    let trimmed = given.trim();
    let bare = trimmed.strip_prefix(PREFIX);
    let mut keys = vec![key(Use::Text, given.as_bytes())];
    keys.extend(decoded(given).map(|bytes| key(Use::Decoded, &bytes)));
    if let Some(bare) = bare {
        keys.push(key(Use::Bare, bare.as_bytes()));
    } else {
        let completed = Zeroizing::new(format!("{PREFIX}{trimmed}"));
        keys.push(key(Use::Completed, completed.as_bytes()));
    }
    if trimmed != given {
        keys.push(key(Use::TrimmedText, trimmed.as_bytes()));
        keys.extend(decoded(trimmed).map(|bytes| key(Use::TrimmedDecoded, &bytes)));
    }
    if let Some(previous) = &secrets.previous {
        keys.push(key(Use::PreviousText, previous.expose().as_bytes()));
        keys.extend(decoded(previous.expose()).map(|bytes| key(Use::PreviousDecoded, &bytes)));
    }
    keys
}

fn key(used: Use, bytes: &[u8]) -> Key {
    Key {
        used,
        bytes: Zeroizing::new(bytes.to_vec()),
    }
}

/// The libraries take a secret with and without its prefix, and so do we.
fn decoded(secret: &str) -> Option<Zeroizing<Vec<u8>>> {
    let encoded = secret.strip_prefix(PREFIX).unwrap_or(secret);
    BASE64.decode(encoded).ok().map(Zeroizing::new)
}
