//! The key list: `[id:]base64(32 bytes)` by comma, the first seals.
//!
//! Two keys are derived from each entry, one that encrypts and one for blind
//! indexes, so that neither use says anything about the other. An entry
//! without an id is known by a hash of itself.

use anyhow::{Context, bail, ensure};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    KEY_ID_BYTES,
    cipher::{Cipher, KEY_BYTES},
};
use crate::config::Secret;

const KEYS_MAX: usize = 16;

pub(super) struct Key {
    pub id: [u8; KEY_ID_BYTES],
    pub cipher: Cipher,
    pub index_key: Zeroizing<[u8; 32]>,
}

/// A new entry for a key list.
pub fn generate() -> Secret {
    Secret::new(BASE64.encode(rand::random::<[u8; KEY_BYTES]>()))
}

pub(super) fn parse(list: &Secret) -> anyhow::Result<Vec<Key>> {
    let keys: Vec<Key> = list
        .expose()
        .split([',', '\n'])
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .enumerate()
        .map(|(at, entry)| {
            // The entry itself is never quoted: it is the key.
            parse_entry(entry)
                .with_context(|| format!("RINGBACK_KEYS: entry {} is not understood", at + 1))
        })
        .collect::<anyhow::Result<_>>()?;
    ensure!(
        !keys.is_empty(),
        "RINGBACK_KEYS holds no key: give [id:]base64(32 bytes) by comma"
    );
    ensure!(
        keys.len() <= KEYS_MAX,
        "RINGBACK_KEYS holds more than {KEYS_MAX} keys"
    );
    for (at, key) in keys.iter().enumerate() {
        if keys[..at].iter().any(|earlier| earlier.id == key.id) {
            bail!(
                "RINGBACK_KEYS: entry {} has the id of an earlier one",
                at + 1
            );
        }
    }
    Ok(keys)
}

fn parse_entry(entry: &str) -> anyhow::Result<Key> {
    let (name, encoded) = match entry.split_once(':') {
        Some((name, encoded)) => (Some(name), encoded),
        None => (None, entry),
    };
    let decoded = Zeroizing::new(BASE64.decode(encoded).unwrap_or_default());
    let key = <&[u8; KEY_BYTES]>::try_from(decoded.as_slice())
        .context("after the optional id, give the base64 of exactly 32 bytes")?;
    let id = match name {
        Some(name) => named_id(name).context("an id is 1 to 8 letters or digits")?,
        None => hashed_id(key),
    };
    Ok(Key {
        id,
        cipher: Cipher::new(derive(key, b"ringback seal")),
        index_key: derive(key, b"ringback blind index"),
    })
}

fn named_id(name: &str) -> Option<[u8; KEY_ID_BYTES]> {
    let fits = (1..=KEY_ID_BYTES).contains(&name.len());
    let mut id = [0; KEY_ID_BYTES];
    (fits && name.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| {
        id[..name.len()].copy_from_slice(name.as_bytes());
        id
    })
}

fn hashed_id(key: &[u8; KEY_BYTES]) -> [u8; KEY_ID_BYTES] {
    let digest = Sha256::new_with_prefix(b"ringback key id")
        .chain_update(key)
        .finalize();
    std::array::from_fn(|at| digest[at])
}

/// One step of HKDF's expansion: the input is uniformly random already.
fn derive(key: &[u8; KEY_BYTES], purpose: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("a MAC takes a key of any length");
    mac.update(purpose);
    mac.update(&[1]);
    Zeroizing::new(mac.finalize().into_bytes().into())
}
