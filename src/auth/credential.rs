//! What somebody was recognised by, to be kept and asked again.
//!
//! Of a key its digest is kept, so that who it is, and whether the key is
//! still good, is asked anew each time. A token is good for a moment only, so
//! of a token it is the caller that is kept.

use entity::api_keys::Role;
use serde::{Deserialize, Serialize};

use super::{
    Caller,
    api_key::{self, KeyDigest},
};
use crate::error::{Error, Result};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    Key(KeyDigest),
    Token(Caller),
}

/// How it is written, before it is sealed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Written {
    Key { digest: KeyDigest },
    Token { owner: String, is_admin: bool },
}

impl Credential {
    pub(super) fn of_key(key: &str) -> Self {
        Self::Key(api_key::digest_of(key))
    }

    pub(super) fn of_caller(caller: Caller) -> Self {
        Self::Token(caller)
    }

    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let written = match self {
            Self::Key(digest) => Written::Key { digest: *digest },
            Self::Token(caller) => Written::Token {
                owner: caller.owner().to_owned(),
                is_admin: caller.is_admin(),
            },
        };
        serde_json::to_vec(&written).map_err(Error::internal)
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let written = serde_json::from_slice(bytes).map_err(Error::internal)?;
        Ok(match written {
            Written::Key { digest } => Self::Key(digest),
            Written::Token { owner, is_admin } => Self::Token(Caller::new(
                owner,
                match is_admin {
                    true => Role::Admin,
                    false => Role::User,
                },
            )),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let alice = Caller::new("alice", Role::User);
        let root = Caller::new("root", Role::Admin);
        let key = Credential::of_key("rbk_something");
        for credential in [key, Credential::Token(alice), Credential::Token(root)] {
            let bytes = credential.to_bytes().unwrap();
            assert_eq!(Credential::from_bytes(&bytes).unwrap(), credential);
            assert!(!String::from_utf8(bytes).unwrap().contains("rbk_"));
        }
        assert!(Credential::from_bytes(b"{}").is_err());
    }
}
