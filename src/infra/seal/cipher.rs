//! XChaCha20-Poly1305: authenticated encryption under a nonce so long that it may be random for ever.
//!
//! It is ChaCha20-Poly1305 under a key of its own for each nonce: HChaCha20 makes that from the key and
//! the nonce's first sixteen bytes, and the last eight are what is left of the nonce. Every event is
//! sealed several times, so the long part is done by the library that TLS uses too, which is written
//! for each processor.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use chacha20::{R20, hchacha};
use zeroize::Zeroizing;

pub(super) const KEY_BYTES: usize = 32;
pub(super) const NONCE_BYTES: usize = 24;
pub(super) const TAG_BYTES: usize = 16;
/// Of a nonce, what goes into the key that is made for it.
const FIRST_BYTES: usize = 16;

pub(super) struct Cipher(Zeroizing<[u8; KEY_BYTES]>);

impl Cipher {
    pub fn new(key: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        Self(key)
    }

    /// Encrypts what stands in `out` from there on, and adds the tag.
    pub fn encrypt(&self, nonce: &[u8; NONCE_BYTES], aad: &[u8], out: &mut Vec<u8>, from: usize) {
        let (key, nonce) = self.of_nonce(nonce);
        let tag = key
            .seal_in_place_separate_tag(nonce, Aad::from(aad), &mut out[from..])
            .expect("a value of less than 256 GiB can be sealed");
        out.extend_from_slice(tag.as_ref());
    }

    /// Nothing where what is given was not encrypted by this key, for this nonce and beside this.
    pub fn decrypt(
        &self,
        nonce: &[u8; NONCE_BYTES],
        aad: &[u8],
        encrypted: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let (key, nonce) = self.of_nonce(nonce);
        let mut plain = Zeroizing::new(encrypted.to_vec());
        let bytes = key.open_in_place(nonce, Aad::from(aad), &mut plain).ok()?;
        let length = bytes.len();
        plain.truncate(length);
        Some(plain)
    }

    fn of_nonce(&self, nonce: &[u8; NONCE_BYTES]) -> (LessSafeKey, Nonce) {
        let first: [u8; FIRST_BYTES] = std::array::from_fn(|at| nonce[at]);
        // Wiped: whoever has it opens what was sealed under this nonce.
        let of_nonce = Zeroizing::new(<[u8; KEY_BYTES]>::from(hchacha::<R20>(
            (&*self.0).into(),
            &first.into(),
        )));
        let key = UnboundKey::new(&CHACHA20_POLY1305, &*of_nonce)
            .expect("a key of 32 bytes is one of this cipher's");
        let mut rest = [0; 12];
        rest[4..].copy_from_slice(&nonce[FIRST_BYTES..]);
        (LessSafeKey::new(key), Nonce::assume_unique_for_key(rest))
    }
}
