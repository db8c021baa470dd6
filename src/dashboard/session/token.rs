//! What the cookie holds: 32 random bytes. Only their digest is stored.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use sha2::{Digest, Sha256};

const BYTES: usize = 32;

#[derive(Clone)]
pub(super) struct Token([u8; BYTES]);

impl Token {
    pub fn random() -> Self {
        Self(rand::random())
    }

    pub fn read(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    pub fn as_text(&self) -> String {
        BASE64.encode(self.0)
    }

    /// The id of its row.
    pub fn digest(&self) -> Vec<u8> {
        Sha256::digest(self.0).to_vec()
    }

    /// Another secret that follows from this one and does not lead back to it.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let derived = Sha256::new()
            .chain_update(purpose)
            .chain_update([0])
            .chain_update(self.0);
        derived.finalize().into()
    }
}
