//! How Vapi's webhooks come in.

use std::{num::NonZeroU32, time::Duration};

use super::{ConfigError, Database, Environment, Rate, Secret, value};

const SESSION_RATE_PER_MINUTE: u32 = 50;

#[derive(Clone, Debug)]
pub struct IngestConfig {
    /// `WEBHOOK_SHARED_SECRET`: the secrets of the header and bearer modes.
    pub shared_secrets: Vec<Secret>,
    /// `VAPI_WEBHOOK_SECRET`: the secrets of HMAC and Standard Webhooks.
    pub signing_secrets: Vec<Secret>,
    /// `RINGBACK_SESSION_RATE`: events per session of the simple shapes.
    pub session_rate: Rate,
    /// `RINGBACK_SPOOL`: whether events go to a file while the database is away.
    pub spool: bool,
    /// `RINGBACK_TRUST_WEB_METADATA`: whether a browser's metadata may name an owner.
    pub trust_web_metadata: bool,
    /// `RINGBACK_SESSION_CLAIM`: whether a caller may claim an unowned session.
    pub session_claim: bool,
}

impl IngestConfig {
    pub(super) fn read(env: &Environment, database: &Database) -> Result<Self, ConfigError> {
        let secrets = |name| Ok(env.read_secret(name, value::SECRETS)?.unwrap_or_default());
        let shared_secrets: Vec<_> = secrets("WEBHOOK_SHARED_SECRET")?;
        let signing_secrets: Vec<_> = secrets("VAPI_WEBHOOK_SECRET")?;
        if database.is_postgres() && shared_secrets.is_empty() && signing_secrets.is_empty() {
            return Err(ConfigError::Missing {
                name: "WEBHOOK_SHARED_SECRET",
                why: "replicas on PostgreSQL must share what Vapi proves itself with; \
                      set it, or VAPI_WEBHOOK_SECRET",
            });
        }
        Ok(Self {
            shared_secrets,
            signing_secrets,
            session_rate: env
                .read("RINGBACK_SESSION_RATE", value::RATE)?
                .unwrap_or(Rate {
                    count: NonZeroU32::MIN.saturating_add(SESSION_RATE_PER_MINUTE - 1),
                    per: Duration::from_secs(60),
                }),
            spool: env.read("RINGBACK_SPOOL", value::ON_OFF)?.unwrap_or(true),
            trust_web_metadata: env
                .read("RINGBACK_TRUST_WEB_METADATA", value::YES_NO)?
                .unwrap_or(false),
            session_claim: env
                .read("RINGBACK_SESSION_CLAIM", value::ON_OFF)?
                .unwrap_or(true),
        })
    }
}
