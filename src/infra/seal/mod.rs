//! Sealing: what is sensitive is stored encrypted, and only here is it opened.
//!
//! A sealed value is `version | algorithm | key id (8) | nonce (24) |
//! ciphertext and tag`, XChaCha20-Poly1305 with a random nonce. The table, the
//! row and the column are authenticated with it, so a value that is moved to
//! another place does not open there; the owner is not, because a session can
//! be claimed. Several keys may be known: the first seals, all of them open.
//!
//! What must be found by its value (a phone number) is stored beside its
//! sealed form as a *blind index*, a keyed hash, so that a stolen table cannot
//! be searched by trying all numbers.

mod cipher;
mod keys;
pub mod sweep;

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::config::Secret;
use cipher::{NONCE_BYTES, TAG_BYTES};
use keys::Key;
pub use keys::generate;

const VERSION: u8 = 1;
const XCHACHA20_POLY1305: u8 = 1;
const KEY_ID_BYTES: usize = 8;
const HEADER_BYTES: usize = 2 + KEY_ID_BYTES + NONCE_BYTES;
/// Where the key id stands, as SQL counts bytes: from one.
pub const KEY_ID_SQL_OFFSET: usize = 3;
pub const KEY_ID_SQL_BYTES: usize = KEY_ID_BYTES;

/// Where a sealed value lives; it opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub table: &'static str,
    pub column: &'static str,
    /// The row's id as bytes, known before the row is written.
    pub row: &'a [u8],
}

/// Why a value does not open. Which of the reasons is for the log alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("a sealed value is too short or of an unknown version")]
    Malformed,
    #[error("a sealed value names a key that RINGBACK_KEYS does not list")]
    UnknownKey,
    #[error("a sealed value was changed, or moved from another place")]
    Forged,
}

/// The keys of this installation.
#[derive(Clone)]
pub struct Seal {
    keys: Arc<[Key]>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seal({} keys)", self.keys.len())
    }
}

impl Seal {
    /// Reads a key list as `RINGBACK_KEYS` writes it.
    pub fn from_list(list: &Secret) -> anyhow::Result<Self> {
        Ok(Self {
            keys: keys::parse(list)?.into(),
        })
    }

    pub fn seal(&self, place: Place<'_>, plain: &[u8]) -> Vec<u8> {
        let key = self.first();
        let nonce = rand::random::<[u8; NONCE_BYTES]>();
        let mut sealed = Vec::with_capacity(HEADER_BYTES + plain.len() + TAG_BYTES);
        sealed.extend([VERSION, XCHACHA20_POLY1305]);
        sealed.extend(key.id);
        sealed.extend(nonce);
        sealed.extend_from_slice(plain);
        let aad = place.bytes();
        key.cipher.encrypt(&nonce, &aad, &mut sealed, HEADER_BYTES);
        sealed
    }

    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (header, ciphertext) = sealed
            .split_at_checked(HEADER_BYTES)
            .ok_or(SealError::Malformed)?;
        if header[..2] != [VERSION, XCHACHA20_POLY1305] {
            return Err(SealError::Malformed);
        }
        let (id, nonce) = header[2..].split_at(KEY_ID_BYTES);
        let key = self
            .keys
            .iter()
            .find(|key| key.id == id)
            .ok_or(SealError::UnknownKey)?;
        let nonce = nonce.try_into().map_err(|_| SealError::Malformed)?;
        key.cipher
            .decrypt(nonce, &place.bytes(), ciphertext)
            .ok_or(SealError::Forged)
    }

    /// The blind index of a value under the key that seals.
    pub fn index(&self, domain: &'static str, value: &str) -> [u8; 32] {
        self.first().index(domain, value)
    }

    /// The blind indexes that a value may be stored under, until every row
    /// has been sealed again with the first key.
    pub fn indexes(&self, domain: &'static str, value: &str) -> Vec<[u8; 32]> {
        self.keys
            .iter()
            .map(|key| key.index(domain, value))
            .collect()
    }

    /// The id of the key that seals.
    pub fn sealing_key_id(&self) -> [u8; KEY_ID_BYTES] {
        self.first().id
    }

    /// The id of the key that a sealed value names.
    pub fn key_id_of(sealed: &[u8]) -> Option<&[u8]> {
        sealed.get(2..2 + KEY_ID_BYTES)
    }

    pub fn knows(&self, key_id: &[u8]) -> bool {
        self.keys.iter().any(|key| key.id == key_id)
    }

    fn first(&self) -> &Key {
        // A list without a key does not parse.
        &self.keys[0]
    }
}

impl Place<'_> {
    /// Table and column are ours and hold no NUL, so no two places share bytes.
    fn bytes(&self) -> Vec<u8> {
        [
            self.table.as_bytes(),
            &[0],
            self.column.as_bytes(),
            &[0],
            self.row,
        ]
        .concat()
    }
}

impl Key {
    fn index(&self, domain: &'static str, value: &str) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&*self.index_key)
            .expect("a MAC takes a key of any length");
        mac.update(domain.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests;
