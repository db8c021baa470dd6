//! A secret that is shared with a receiver, and the two signatures it makes.
//!
//! Receivers may be ten lines of code or a library, so one secret signs in two
//! ways: over the body alone, keyed with the secret as it is written; and as
//! the Standard Webhooks libraries check it, over id, moment and body, keyed
//! with the bytes that the secret encodes.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::config::Secret;

const PREFIX: &str = "whsec_";
const KEY_BYTES: usize = 32;
const KEY_BYTES_MIN: usize = 24;
const KEY_BYTES_MAX: usize = 64;
/// What of a secret may be shown later, so that a person can tell two apart.
const HINT_CHARS: usize = 4;

/// `whsec_` and base64 of 24 to 64 bytes.
#[derive(Clone, Debug)]
pub struct SigningSecret {
    text: Secret,
    key: Key,
}

#[derive(Clone)]
struct Key(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(hidden)")
    }
}

/// Somebody may be guessing: a comparison takes as long whatever it finds.
impl PartialEq for SigningSecret {
    fn eq(&self, other: &Self) -> bool {
        let (one, other) = (self.text.expose(), other.text.expose());
        one.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl Eq for SigningSecret {}

/// Why a text is not such a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error("a secret begins with {PREFIX}")]
    Prefix,
    #[error("after {PREFIX} a secret is base64, padded with =")]
    Base64,
    #[error("a secret encodes {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes, not {0}")]
    Length(usize),
}

impl SigningSecret {
    /// A new one, of random bytes.
    pub fn generate() -> Self {
        let key = Zeroizing::new(rand::random::<[u8; KEY_BYTES]>().to_vec());
        let text = Secret::new(format!("{PREFIX}{}", BASE64.encode(&*key)));
        Self {
            text,
            key: Key(key),
        }
    }

    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(SecretError::Prefix)?;
        let key = BASE64.decode(encoded).map_err(|_| SecretError::Base64)?;
        let key = Zeroizing::new(key);
        if !(KEY_BYTES_MIN..=KEY_BYTES_MAX).contains(&key.len()) {
            return Err(SecretError::Length(key.len()));
        }
        Ok(Self {
            text: Secret::new(text),
            key: Key(key),
        })
    }

    /// As it is written: to be sealed, or shown to whom it belongs.
    pub fn text(&self) -> &Secret {
        &self.text
    }

    /// Its last characters.
    pub fn hint(&self) -> &str {
        let text = self.text.expose();
        &text[text.len() - HINT_CHARS..]
    }

    /// The value of `x-webhook-signature`.
    pub fn over_body(&self, body: &[u8]) -> String {
        let mac = hmac(self.text.expose().as_bytes(), &[body]);
        format!("sha256={}", hex::encode(mac))
    }

    /// One value of `webhook-signature`.
    pub fn over_message(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let message = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
        format!("v1,{}", BASE64.encode(hmac(&self.key.0, &message)))
    }
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("a MAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(bytes: usize) -> String {
        format!("{PREFIX}{}", BASE64.encode(vec![7; bytes]))
    }

    #[test]
    fn a_secret_is_read_as_it_is_written_or_refused_by_reason() {
        for bytes in [24, 32, 64] {
            let secret = SigningSecret::parse(&of(bytes)).unwrap();
            assert_eq!(secret.text().expose(), of(bytes));
            assert!(of(bytes).ends_with(secret.hint()) && secret.hint().len() == HINT_CHARS);
        }
        for (text, error) in [
            (of(0), SecretError::Length(0)),
            (of(23), SecretError::Length(23)),
            (of(65), SecretError::Length(65)),
            (of(32)[6..].to_owned(), SecretError::Prefix),
            (format!("WHSEC_{}", &of(32)[6..]), SecretError::Prefix),
            (format!(" {}", of(32)), SecretError::Prefix),
            (format!("{}\n", of(32)), SecretError::Base64),
            (of(32).replace('=', ""), SecretError::Base64),
            (of(32).replace("Bw", "-_"), SecretError::Base64),
            (String::new(), SecretError::Prefix),
        ] {
            assert_eq!(SigningSecret::parse(&text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_new_secret_is_32_random_bytes_and_is_never_shown_by_accident() {
        let (one, other) = (SigningSecret::generate(), SigningSecret::generate());
        assert_ne!(one, other);
        assert_eq!(one.key.0.len(), KEY_BYTES);
        assert_eq!(SigningSecret::parse(one.text().expose()).unwrap(), one);
        let shown = format!("{one:?}");
        let hidden = &one.text().expose()[PREFIX.len()..];
        assert!(!shown.contains(hidden), "{shown}");
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic_and_what_parses_was_canonical(text in "(whsec_)?[A-Za-z0-9+/=_ -]{0,100}") {
            if let Ok(secret) = SigningSecret::parse(&text) {
                prop_assert_eq!(format!("{PREFIX}{}", BASE64.encode(&*secret.key.0)), text);
            }
        }
    }
}
