//! Who may enter: the admin key from outside, Firebase, and any OIDC issuer.

use url::Url;

use super::{
    ConfigError, Environment, Secret,
    value::{self, Kind},
};

const ADMIN_KEY_CHARS_MIN: usize = 32;
const FIREBASE_JWKS: &str =
    "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com";
const OWNER_CLAIM: &str = "sub";

#[derive(Clone, Debug)]
pub struct AccessConfig {
    /// `RINGBACK_ADMIN_KEY`: an admin key set from outside.
    pub admin_key: Option<Secret>,
    /// `FIREBASE_PROJECT_ID` and what belongs to it.
    pub firebase: Option<FirebaseConfig>,
    /// `OIDC_ISSUER` and what belongs to it.
    pub oidc: Option<OidcConfig>,
    /// `RINGBACK_OWNER_CLAIM`: the claim of a token that names the owner.
    pub owner_claim: String,
    /// No variable: `ringback dev` alone opens the door, by [`Config::opened`](super::Config::opened).
    pub is_open: bool,
}

#[derive(Clone, Debug)]
pub struct FirebaseConfig {
    /// `FIREBASE_PROJECT_ID`
    pub project_id: String,
    /// `RINGBACK_JWKS_URL`: where Firebase's keys are, Google's address unless given.
    pub jwks_url: Url,
    /// `FIREBASE_AUTH_EMULATOR_HOST` is set: unsigned tokens are accepted too.
    pub emulator: bool,
}

#[derive(Clone, Debug)]
pub struct OidcConfig {
    /// `OIDC_ISSUER`: its `/.well-known/openid-configuration` names its keys.
    /// Kept as it was written, because `iss` is compared as text.
    pub issuer: String,
    /// `OIDC_AUDIENCE`: what `aud` must hold.
    pub audience: String,
}

const ADMIN_KEY: Kind<Secret> = Kind {
    allowed: "at least 32 characters of printable ASCII without spaces",
    parse: |text| {
        (value::SECRET.parse)(text).filter(|key| key.expose().len() >= ADMIN_KEY_CHARS_MIN)
    },
};

const PROJECT_ID: Kind<String> = Kind {
    allowed: "a Firebase project id: lower-case letters, digits, hyphens",
    parse: |text| {
        let allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:".contains(&byte);
        text.bytes().all(allowed).then(|| text.to_owned())
    },
};

const ISSUER: Kind<String> = Kind {
    allowed: value::SECURE_URL.allowed,
    parse: |text| (value::SECURE_URL.parse)(text).map(|_| text.to_owned()),
};

impl AccessConfig {
    pub(super) fn read(env: &Environment, on_loopback: bool) -> Result<Self, ConfigError> {
        Ok(Self {
            admin_key: env.read_secret("RINGBACK_ADMIN_KEY", ADMIN_KEY)?,
            firebase: FirebaseConfig::read(env, on_loopback)?,
            oidc: OidcConfig::read(env)?,
            owner_claim: env
                .read("RINGBACK_OWNER_CLAIM", value::WORD)?
                .unwrap_or_else(|| OWNER_CLAIM.to_owned()),
            is_open: false,
        })
    }
}

impl FirebaseConfig {
    /// The emulator's tokens are signed by nobody, so it is a way in for
    /// everybody who reaches the port: only this machine may.
    fn read(env: &Environment, on_loopback: bool) -> Result<Option<Self>, ConfigError> {
        let project_id = env.read("FIREBASE_PROJECT_ID", PROJECT_ID)?;
        let emulator = env
            .read("FIREBASE_AUTH_EMULATOR_HOST", value::WORD)?
            .is_some();
        let jwks_url = env.read("RINGBACK_JWKS_URL", value::SECURE_URL)?;
        if emulator && !on_loopback {
            return Err(ConfigError::Refused {
                name: "FIREBASE_AUTH_EMULATOR_HOST",
                why: "the emulator's tokens are unsigned, so it works only while \
                      RINGBACK_LISTEN is a loopback address"
                    .to_owned(),
            });
        }
        if emulator && project_id.is_none() {
            return Err(ConfigError::Missing {
                name: "FIREBASE_PROJECT_ID",
                why: "FIREBASE_AUTH_EMULATOR_HOST is set and needs the project its tokens are for",
            });
        }
        let Some(project_id) = project_id else {
            return Ok(None);
        };
        let jwks_url = match jwks_url {
            Some(url) => url,
            None => FIREBASE_JWKS.parse().map_err(|_| ConfigError::Missing {
                name: "RINGBACK_JWKS_URL",
                why: "the built-in address does not parse",
            })?,
        };
        Ok(Some(Self {
            project_id,
            jwks_url,
            emulator,
        }))
    }
}

impl OidcConfig {
    fn read(env: &Environment) -> Result<Option<Self>, ConfigError> {
        let issuer = env.read("OIDC_ISSUER", ISSUER)?;
        let audience = env.read("OIDC_AUDIENCE", value::WORD)?;
        match (issuer, audience) {
            (None, None) => Ok(None),
            (Some(issuer), Some(audience)) => Ok(Some(Self { issuer, audience })),
            (Some(_), None) => Err(ConfigError::Missing {
                name: "OIDC_AUDIENCE",
                why: "OIDC_ISSUER is set, and a token for another audience must not pass",
            }),
            (None, Some(_)) => Err(ConfigError::Missing {
                name: "OIDC_ISSUER",
                why: "OIDC_AUDIENCE is set and needs the issuer it belongs to",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(pairs: &[(&str, &str)], on_loopback: bool) -> String {
        let env = Environment::of_pairs(pairs.iter().copied());
        AccessConfig::read(&env, on_loopback)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_emulator_is_refused_off_loopback_and_without_a_project() {
        let emulator = ("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9099");
        let project = ("FIREBASE_PROJECT_ID", "demo-project");
        assert!(refused(&[emulator, project], false).starts_with("FIREBASE_AUTH_EMULATOR_HOST"));
        assert!(refused(&[emulator], true).starts_with("FIREBASE_PROJECT_ID"));
    }

    #[test]
    fn half_an_oidc_setting_is_refused() {
        assert!(
            refused(&[("OIDC_ISSUER", "https://id.example.com")], true)
                .starts_with("OIDC_AUDIENCE")
        );
        assert!(refused(&[("OIDC_AUDIENCE", "ringback")], true).starts_with("OIDC_ISSUER"));
    }

    #[test]
    fn a_short_admin_key_is_refused_without_showing_it() {
        let line = refused(&[("RINGBACK_ADMIN_KEY", "short")], true);
        assert!(
            line.contains("at least 32") && !line.contains("`short`"),
            "{line}"
        );
    }
}
