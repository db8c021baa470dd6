//! How a message proves that it comes from Vapi. Each of these is a way in which Vapi can be set up.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{config::Secret, infra::clock::Millis};

const SIGNATURE: HeaderName = HeaderName::from_static("x-vapi-signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-timestamp");
const SECRET: HeaderName = HeaderName::from_static("x-vapi-secret");
/// Marks a secret that is base64 behind it.
const ENCODED_PREFIX: &str = "whsec_";

#[derive(Clone, Debug)]
pub enum Proof {
    /// HMAC-SHA256 of the raw body, in hex, in `x-vapi-signature`.
    Signature(Secret),
    /// The same, of `{timestamp}.{body}`, with the timestamp in `x-timestamp`.
    TimedSignature(Secret),
    /// The secret itself, in `x-vapi-secret`. See [`Self::shared_secret`].
    SharedSecret(HeaderValue),
    /// Whatever the server of a call says is to be sent.
    Headers(HeaderMap),
    /// None at all.
    Nothing,
}

impl Proof {
    /// The only error is a secret that no header can hold.
    pub fn shared_secret(secret: &Secret) -> Result<Self, InvalidHeaderValue> {
        let mut value: HeaderValue = secret.expose().parse()?;
        value.set_sensitive(true);
        Ok(Self::SharedSecret(value))
    }

    pub(super) fn headers(&self, body: &[u8], now: Millis) -> HeaderMap {
        match self {
            Self::Signature(secret) => {
                HeaderMap::from_iter([(SIGNATURE, signature(secret, &[body]))])
            }
            Self::TimedSignature(secret) => {
                let timestamp = now / 1_000;
                let text = timestamp.to_string();
                let signed = [text.as_bytes(), b".", body];
                HeaderMap::from_iter([
                    (SIGNATURE, signature(secret, &signed)),
                    (TIMESTAMP, timestamp.into()),
                ])
            }
            Self::SharedSecret(value) => HeaderMap::from_iter([(SECRET, value.clone())]),
            Self::Headers(headers) => headers.clone(),
            Self::Nothing => HeaderMap::new(),
        }
    }
}

fn signature(secret: &Secret, parts: &[&[u8]]) -> HeaderValue {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key(secret))
        .expect("a MAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    let hex = hex::encode(mac.finalize().into_bytes());
    HeaderValue::try_from(hex).expect("a header holds hex")
}

fn key(secret: &Secret) -> Zeroizing<Vec<u8>> {
    let encoded = secret.expose().strip_prefix(ENCODED_PREFIX);
    let decoded = encoded.and_then(|encoded| BASE64.decode(encoded).ok());
    Zeroizing::new(decoded.unwrap_or_else(|| secret.expose().as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"The quick brown fox jumps over the lazy dog";
    /// By RFC 2104's own and everybody's example, with the key `key`.
    const HMAC: &str = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";

    fn headers(proof: Proof) -> HeaderMap {
        proof.headers(BODY, 1_763_567_291_544)
    }

    #[test]
    fn the_body_is_signed_with_the_secret_as_it_is_written() {
        assert_eq!(
            headers(Proof::Signature(Secret::new("key")))[SIGNATURE],
            HMAC
        );
    }

    #[test]
    fn a_secret_that_says_it_is_encoded_is_decoded() {
        let encoded = Secret::new("whsec_a2V5");
        assert_eq!(headers(Proof::Signature(encoded))[SIGNATURE], HMAC);
        let broken = Secret::new("whsec_?");
        assert_ne!(headers(Proof::Signature(broken))[SIGNATURE], HMAC);
    }

    #[test]
    fn a_timestamp_is_signed_in_front_of_the_body() {
        let secret = Secret::new("key");
        let timed = headers(Proof::TimedSignature(secret.clone()));
        assert_eq!(timed[TIMESTAMP], "1763567291");
        let signed = signature(&secret, &[b"1763567291.", BODY]);
        assert_eq!(timed[SIGNATURE], signed);
    }

    #[test]
    fn a_shared_secret_is_sent_as_it_is() {
        let shared = headers(Proof::shared_secret(&Secret::new("key")).unwrap());
        assert_eq!(shared[SECRET], "key");
        assert!(!format!("{shared:?}").contains("key"));
        assert!(Proof::shared_secret(&Secret::new("two\nlines")).is_err());
        assert!(headers(Proof::Nothing).is_empty());
    }
}
