//! One public key, and the one algorithm that it is for.
//!
//! The algorithm follows from the key's type, so a token cannot choose
//! another: an RSA key never becomes the secret of an HMAC. Keys of types
//! that we do not take are left out, as if the issuer did not have them.

use anyhow::{Context, ensure};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

const KEYS_MAX: usize = 100;

pub struct Key {
    pub id: Option<String>,
    pub algorithm: Algorithm,
    pub decoding: DecodingKey,
}

/// What a token says about the key that it was signed with.
#[derive(Clone, Copy)]
pub struct Wanted<'t> {
    pub algorithm: Algorithm,
    pub id: Option<&'t str>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Key {
    pub fn is(&self, wanted: Wanted<'_>) -> bool {
        let named = wanted.id.is_none_or(|id| self.id.as_deref() == Some(id));
        named && self.algorithm == wanted.algorithm
    }

    fn read(jwk: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(jwk).ok()?;
        let algorithm = algorithm_of(&jwk)?;
        let decoding = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self {
            id: jwk.common.key_id,
            algorithm,
            decoding,
        })
    }
}

/// Reads a JWK set; one that holds nothing of use is a fault of its address.
pub(super) fn read_keys(document: &[u8]) -> anyhow::Result<Vec<Key>> {
    let set: KeySet = serde_json::from_slice(document).context("the answer is no JWK set")?;
    ensure!(
        set.keys.len() <= KEYS_MAX,
        "the JWK set has more than {KEYS_MAX} keys"
    );
    let keys: Vec<_> = set.keys.into_iter().filter_map(Key::read).collect();
    ensure!(
        !keys.is_empty(),
        "the JWK set has no signing key for RS256, ES256 or EdDSA"
    );
    Ok(keys)
}

/// The one algorithm that a key is for: by its type, and by what it says of
/// itself where it says anything.
fn algorithm_of(jwk: &Jwk) -> Option<Algorithm> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            Algorithm::EdDSA
        }
        _ => return None,
    };
    let said = &jwk.common;
    let for_signing = said
        .public_key_use
        .as_ref()
        .is_none_or(|its| *its == PublicKeyUse::Signature);
    let for_verifying = said
        .key_operations
        .as_ref()
        .is_none_or(|its| its.contains(&KeyOperations::Verify));
    let agrees = said
        .key_algorithm
        .is_none_or(|its| its == KeyAlgorithm::from(algorithm));
    (for_signing && for_verifying && agrees).then_some(algorithm)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn algorithms(keys: Value) -> Vec<Algorithm> {
        let document = json!({ "keys": keys }).to_string();
        let keys = read_keys(document.as_bytes()).unwrap_or_default();
        keys.iter().map(|key| key.algorithm).collect()
    }

    fn rsa(changes: Value) -> Value {
        let mut key = json!({ "kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB" });
        key.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        key
    }

    #[test]
    fn the_type_of_a_key_is_its_algorithm() {
        let keys = json!([
            rsa(json!({})),
            { "kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB" },
            { "kty": "OKP", "crv": "Ed25519", "x": "AQAB" },
        ]);
        assert_eq!(
            algorithms(keys),
            [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA]
        );
    }

    #[test]
    fn keys_of_other_types_and_uses_are_left_out() {
        let others = json!([
            { "kty": "oct", "k": "AQAB" },
            { "kty": "EC", "crv": "P-384", "x": "AQAB", "y": "AQAB" },
            { "kty": "EC", "crv": "secp256k1", "x": "AQAB", "y": "AQAB" },
            { "kty": "OKP", "crv": "X25519", "x": "AQAB" },
            { "kty": "RSA", "n": "not base64url!", "e": "AQAB" },
            rsa(json!({ "use": "enc" })),
            rsa(json!({ "alg": "PS256" })),
            rsa(json!({ "alg": "HS256" })),
            rsa(json!({ "key_ops": ["encrypt"] })),
            rsa(json!({ "kid": 7 })),
            "nonsense",
        ]);
        let mut keys = others.as_array().unwrap().clone();
        keys.push(rsa(
            json!({ "use": "sig", "alg": "RS256", "key_ops": ["verify"] }),
        ));
        assert_eq!(algorithms(Value::Array(keys)), [Algorithm::RS256]);
        assert!(read_keys(json!({ "keys": others }).to_string().as_bytes()).is_err());
    }

    #[test]
    fn a_set_is_bounded_and_is_a_set() {
        let many = |count| json!({ "keys": vec![rsa(json!({})); count] }).to_string();
        assert!(read_keys(many(KEYS_MAX).as_bytes()).is_ok());
        assert!(read_keys(many(KEYS_MAX + 1).as_bytes()).is_err());
        for nonsense in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#] {
            assert!(read_keys(nonsense.as_bytes()).is_err(), "{nonsense}");
        }
    }
}
