//! What Vapi proves itself with.
//!
//! A shared secret is kept as its SHA-256, so that a comparison tells nothing
//! of its length either; a signing secret as the state of an HMAC that has
//! taken its key already.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::config::{IngestConfig, Secret};

/// Marks a secret of Standard Webhooks, which is base64 behind it.
const ENCODED_PREFIX: &str = "whsec_";

/// HMAC-SHA256 of something, as somebody claims it.
pub(super) type Signature = [u8; 32];

/// All secrets of one process, old ones during a rotation too.
#[derive(Clone)]
pub struct Secrets {
    shared: Vec<[u8; 32]>,
    pub(super) signing: SigningKeys,
    pub(super) standard: SigningKeys,
}

/// The keys of one way to sign.
#[derive(Clone)]
pub(super) struct SigningKeys(Vec<Hmac<Sha256>>);

impl Secrets {
    pub fn new(config: &IngestConfig) -> Self {
        let there = |secret: &&Secret| !is_void(secret);
        let shared = config.shared_secrets.iter().filter(there);
        let signing: Vec<_> = config.signing_secrets.iter().filter(there).collect();
        Self {
            shared: shared
                .map(|secret| Sha256::digest(secret.expose()).into())
                .collect(),
            signing: SigningKeys::new(signing.iter().flat_map(|secret| {
                let text = Some(Zeroizing::new(secret.expose().as_bytes().to_vec()));
                [text, decoded(secret)].into_iter().flatten()
            })),
            standard: SigningKeys::new(signing.iter().map(|secret| {
                decoded(secret)
                    .unwrap_or_else(|| Zeroizing::new(secret.expose().as_bytes().to_vec()))
            })),
        }
    }

    /// Nothing was configured, so nobody can be let in.
    pub(super) fn are_missing(&self) -> bool {
        self.shared.is_empty() && self.signing.are_missing()
    }

    pub(super) fn are_shared(&self) -> bool {
        !self.shared.is_empty()
    }

    /// It is one of the shared secrets.
    pub(super) fn hold(&self, given: &[u8]) -> bool {
        let given: [u8; 32] = Sha256::digest(given).into();
        self.shared
            .iter()
            .fold(Choice::from(0), |found, secret| {
                found | secret.ct_eq(&given)
            })
            .into()
    }
}

impl SigningKeys {
    fn new(keys: impl Iterator<Item = Zeroizing<Vec<u8>>>) -> Self {
        let state = |key: Zeroizing<Vec<u8>>| {
            <Hmac<Sha256> as KeyInit>::new_from_slice(&key)
                .expect("a MAC takes a key of any length")
        };
        Self(keys.map(state).collect())
    }

    pub fn are_missing(&self) -> bool {
        self.0.is_empty()
    }

    /// One of the keys has made one of the signatures over these parts, joined.
    pub fn have_signed(&self, parts: &[&[u8]], claimed: &[Signature]) -> bool {
        let made = self.0.iter().map(|key| tag(key, parts));
        made.fold(Choice::from(0), |found, tag| {
            claimed
                .iter()
                .fold(found, |found, claim| found | tag.ct_eq(claim))
        })
        .into()
    }
}

fn tag(key: &Hmac<Sha256>, parts: &[&[u8]]) -> Signature {
    let mut mac = key.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// An empty secret would be everybody's.
fn is_void(secret: &Secret) -> bool {
    ["", ENCODED_PREFIX].contains(&secret.expose())
}

/// The bytes of a secret that says it is encoded.
fn decoded(secret: &Secret) -> Option<Zeroizing<Vec<u8>>> {
    let encoded = secret.expose().strip_prefix(ENCODED_PREFIX)?;
    BASE64.decode(encoded).ok().map(Zeroizing::new)
}
