//! Makes tokens: right ones, and every wrong one.
//!
//! The keys under `keys/` were made for these tests and open nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::{Algorithm, EncodingKey, crypto, jwk::Jwk};
use serde_json::{Map, Value, json};

/// A key pair with a name, for one algorithm.
pub struct Signer {
    pub id: &'static str,
    pub algorithm: Algorithm,
    pub key: EncodingKey,
}

impl Signer {
    pub fn rsa(id: &'static str) -> Self {
        let key = EncodingKey::from_rsa_pem(include_bytes!("keys/rsa.pem")).unwrap();
        Self {
            id,
            algorithm: Algorithm::RS256,
            key,
        }
    }

    /// A key that no issuer publishes.
    pub fn stranger(id: &'static str) -> Self {
        let key = EncodingKey::from_rsa_pem(include_bytes!("keys/other-rsa.pem")).unwrap();
        Self {
            id,
            algorithm: Algorithm::RS256,
            key,
        }
    }

    pub fn ec(id: &'static str) -> Self {
        let key = EncodingKey::from_ec_pem(include_bytes!("keys/ec.pem")).unwrap();
        Self {
            id,
            algorithm: Algorithm::ES256,
            key,
        }
    }

    pub fn ed25519(id: &'static str) -> Self {
        let key = EncodingKey::from_ed_pem(include_bytes!("keys/ed25519.pem")).unwrap();
        Self {
            id,
            algorithm: Algorithm::EdDSA,
            key,
        }
    }

    /// The public half, as an issuer publishes it.
    pub fn jwk(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.to_owned());
        serde_json::to_value(jwk).unwrap()
    }

    pub fn header(&self) -> Value {
        json!({ "alg": name_of(self.algorithm), "kid": self.id, "typ": "JWT" })
    }

    pub fn sign(&self, claims: &Value) -> String {
        sign(&self.header(), claims, &self.key, self.algorithm)
    }
}

/// Signs whatever it is given, whatever the header says.
pub fn sign(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = message(header, claims);
    let signature = crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// A token that nobody signed, as Firebase's emulator makes them.
pub fn unsigned(claims: &Value) -> String {
    message(&json!({ "alg": "none", "typ": "JWT" }), claims) + "."
}

pub fn message(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        BASE64.encode(header.to_string()),
        BASE64.encode(claims.to_string())
    )
}

pub fn name_of(algorithm: Algorithm) -> String {
    format!("{algorithm:?}")
}

/// What a token must say to be let in at that second, but for `changes` (null
/// removes).
pub fn claims(issuer: &str, audience: &str, now: i64, changes: Value) -> Value {
    let mut claims = Map::from_iter([
        ("iss".to_owned(), json!(issuer)),
        ("aud".to_owned(), json!(audience)),
        ("sub".to_owned(), json!("alice")),
        ("iat".to_owned(), json!(now)),
        ("auth_time".to_owned(), json!(now)),
        ("exp".to_owned(), json!(now + 3_600)),
    ]);
    if let Value::Object(changes) = changes {
        claims.extend(changes);
    }
    claims.retain(|_, value| !value.is_null());
    Value::Object(claims)
}
