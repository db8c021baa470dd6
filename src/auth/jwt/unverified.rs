//! A token taken apart, nothing in it believed.
//!
//! The claims stay inside until the signature was checked: they can be had
//! only for a key, or by saying aloud that the token is unsigned.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::{Algorithm, crypto};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::{
    super::{jwks::Key, refusal::Refusal},
    claims::Claims,
};

/// What a token may call itself. An issuer signs other things too (logout
/// tokens, for one), which must not pass for a login.
const TYPES: [&str; 2] = ["jwt", "at+jwt"];
const UNSIGNED: &str = "none";

pub(super) struct Unverified<'t> {
    header: Header,
    claims: Claims,
    /// What the signature is over: header and claims as they came.
    message: &'t str,
    signature: &'t str,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    /// Extensions that we must understand; we understand none.
    crit: Option<IgnoredAny>,
}

impl<'t> Unverified<'t> {
    pub fn read(token: &'t str) -> Result<Self, Refusal> {
        let (message, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(Refusal::Malformed)?;
        let header: Header = read_part(header)?;
        if header.crit.is_some() || !header.is_of_a_known_type() {
            return Err(Refusal::Malformed);
        }
        Ok(Self {
            header,
            claims: read_part(claims)?,
            message,
            signature,
        })
    }

    /// Whom the token says that it is from.
    pub fn issuer(&self) -> Option<&str> {
        self.claims.text("iss")
    }

    pub fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    pub fn algorithm(&self) -> Option<Algorithm> {
        self.header.alg.parse().ok()
    }

    pub fn is_unsigned(&self) -> bool {
        self.header.alg == UNSIGNED && self.signature.is_empty()
    }

    pub fn into_claims_signed_by(self, key: &Key) -> Result<Claims, Refusal> {
        let message = self.message.as_bytes();
        match crypto::verify(self.signature, message, &key.decoding, key.algorithm) {
            Ok(true) => Ok(self.claims),
            Ok(false) | Err(_) => Err(Refusal::BadSignature),
        }
    }

    /// Only for the emulator's tokens: anybody can write these.
    pub fn into_claims_unsigned(self) -> Claims {
        self.claims
    }
}

impl Header {
    fn is_of_a_known_type(&self) -> bool {
        self.typ.as_deref().is_none_or(|typ| {
            let typ = typ.to_ascii_lowercase();
            TYPES.contains(&typ.strip_prefix("application/").unwrap_or(&typ))
        })
    }
}

fn read_part<T: DeserializeOwned>(part: &str) -> Result<T, Refusal> {
    let json = BASE64.decode(part).map_err(|_| Refusal::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| Refusal::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(header: &str, claims: &str, signature: &str) -> String {
        format!(
            "{}.{}.{signature}",
            BASE64.encode(header),
            BASE64.encode(claims)
        )
    }

    #[test]
    fn three_parts_of_base64url_json_are_a_token() {
        let text = token(
            r#"{"alg":"RS256","kid":"k1","typ":"JWT"}"#,
            r#"{"iss":"x"}"#,
            "c2ln",
        );
        let token = Unverified::read(&text).unwrap_or_else(|refusal| panic!("{refusal:?}"));
        assert_eq!(token.issuer(), Some("x"));
        assert_eq!(token.key_id(), Some("k1"));
        assert_eq!(token.algorithm(), Some(Algorithm::RS256));
        assert!(!token.is_unsigned());
    }

    #[test]
    fn anything_else_is_malformed() {
        let good = r#"{"alg":"RS256"}"#;
        let nonsense = [
            String::new(),
            "..".to_owned(),
            "a.b.c".to_owned(),
            token(good, "{}", "") + ".",
            token("{}", "{}", ""),
            token(good, "[]", ""),
            token(good, "", ""),
            token(r#"{"alg":"RS256","alg":"none"}"#, "{}", ""),
            token(r#"{"alg":"RS256","kid":7}"#, "{}", ""),
            token(r#"{"alg":"RS256","crit":["exp"]}"#, "{}", ""),
            token(r#"{"alg":"RS256","typ":"logout+jwt"}"#, "{}", ""),
        ];
        for text in nonsense {
            assert_eq!(
                Unverified::read(&text).err(),
                Some(Refusal::Malformed),
                "{text}"
            );
        }
    }

    #[test]
    fn only_a_bare_none_is_unsigned() {
        let unsigned = |alg: &str, signature: &str| {
            let text = token(&format!(r#"{{"alg":"{alg}"}}"#), "{}", signature);
            Unverified::read(&text).is_ok_and(|token| token.is_unsigned())
        };
        assert!(unsigned("none", ""));
        for (alg, signature) in [("None", ""), ("NONE", ""), ("RS256", ""), ("none", "c2ln")] {
            assert!(!unsigned(alg, signature), "{alg} {signature}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}") {
            let _ = Unverified::read(&text);
        }

        #[test]
        fn no_json_makes_it_panic(header in ".{0,60}", claims in ".{0,60}") {
            let _ = Unverified::read(&token(&header, &claims, "c2ln"));
        }
    }
}
