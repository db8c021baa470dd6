//! Tokens of others: Firebase's, and those of any OIDC issuer.
//!
//! A token is taken apart first, with nothing in it believed ([`unverified`]).
//! Its `iss` chooses among the issuers that are configured, and nothing else:
//! whose keys, which algorithms and which claims are right is that issuer's,
//! never the token's word. Then the signature is checked, and only then do
//! the claims come out, to be checked in turn ([`claims`]), by our clock.
//!
//! ```text
//! text ─ read ─▶ Unverified ─ issuer ─ algorithm ─ key ─ signature ─▶ Claims ─ rules ─▶ Caller
//! ```

mod claims;
mod unverified;

use std::sync::Arc;

use jsonwebtoken::Algorithm;

use self::{
    claims::{Claims, Rules},
    unverified::Unverified,
};
use super::{
    Caller,
    jwks::{Address, Jwks, Wanted},
    refusal::{NoEntry, Refusal},
};
use crate::{
    config::{AccessConfig, FirebaseConfig, OidcConfig},
    infra::{clock::Clock, egress::Egress},
};

const FIREBASE_ISSUER: &str = "https://securetoken.google.com/";
const FIREBASE_SUBJECT_CHARS_MAX: usize = 128;
const OIDC_SUBJECT_CHARS_MAX: usize = 255;

/// All issuers whose tokens are taken.
pub(super) struct Tokens {
    issuers: Vec<Issuer>,
    owner_claim: String,
    clock: Clock,
}

struct Issuer {
    /// The `iss` of its tokens, letter for letter.
    name: String,
    algorithms: &'static [Algorithm],
    /// An emulator on this machine, whose tokens nobody signs.
    unsigned_too: bool,
    rules: Rules,
    keys: Arc<Jwks>,
}

impl Tokens {
    pub fn new(config: &AccessConfig, clock: &Clock, egress: &Egress) -> Self {
        let keys = |address| Arc::new(Jwks::new(address, clock.clone(), egress.clone()));
        let firebase = config
            .firebase
            .as_ref()
            .map(|firebase| Issuer::firebase(firebase, keys));
        let oidc = config.oidc.as_ref().map(|oidc| Issuer::oidc(oidc, keys));
        Self {
            issuers: firebase.into_iter().chain(oidc).collect(),
            owner_claim: config.owner_claim.clone(),
            clock: clock.clone(),
        }
    }

    /// Whose token it is.
    pub async fn verify(&self, token: &str) -> Result<Caller, NoEntry> {
        let token = Unverified::read(token)?;
        let is_from = |issuer: &&Issuer| token.issuer() == Some(&issuer.name);
        let issuer = self
            .issuers
            .iter()
            .find(is_from)
            .ok_or(Refusal::UnknownIssuer)?;
        let claims = issuer.authenticate(token).await?;
        issuer.rules.check(&claims, self.clock.millis())?;
        let owner = claims.owner(&self.owner_claim)?;
        Ok(Caller::new(owner, claims.role()))
    }
}

impl Issuer {
    fn firebase(config: &FirebaseConfig, keys: impl Fn(Address) -> Arc<Jwks>) -> Self {
        Self {
            name: format!("{FIREBASE_ISSUER}{}", config.project_id),
            algorithms: &[Algorithm::RS256],
            unsigned_too: config.emulator,
            rules: Rules {
                audience: config.project_id.clone(),
                auth_time: true,
                subject_chars_max: FIREBASE_SUBJECT_CHARS_MAX,
            },
            keys: keys(Address::Keys(config.jwks_url.clone())),
        }
    }

    fn oidc(config: &OidcConfig, keys: impl Fn(Address) -> Arc<Jwks>) -> Self {
        Self {
            name: config.issuer.clone(),
            algorithms: &[Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA],
            unsigned_too: false,
            rules: Rules {
                audience: config.audience.clone(),
                auth_time: false,
                subject_chars_max: OIDC_SUBJECT_CHARS_MAX,
            },
            keys: keys(Address::Issuer(config.issuer.clone())),
        }
    }

    /// Turns a token into claims, if it is this issuer's in truth.
    async fn authenticate(&self, token: Unverified<'_>) -> Result<Claims, NoEntry> {
        if self.unsigned_too && token.is_unsigned() {
            return Ok(token.into_claims_unsigned());
        }
        // Before any key is looked for: a token that cannot be right must
        // not make us ask the issuer.
        let algorithm = token
            .algorithm()
            .filter(|algorithm| self.algorithms.contains(algorithm));
        let algorithm = algorithm.ok_or(Refusal::WrongAlgorithm)?;
        let wanted = Wanted {
            algorithm,
            id: token.key_id(),
        };
        let key = self.keys.find(wanted).await?.ok_or(Refusal::UnknownKey)?;
        Ok(token.into_claims_signed_by(&key)?)
    }
}
