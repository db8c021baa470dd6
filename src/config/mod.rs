//! Every setting, read once.
//!
//! The process environment (and `.env`, where there is one) is read here and
//! nowhere else, into one nested struct that the rest of the program only
//! looks at. A value that cannot be understood stops the start with one line
//! that names the variable, what it held, unless it is a secret, and what is
//! allowed. Each field's comment names its variable; `.env.sample` lists them
//! all, and a test keeps the two equal.

mod access;
mod delivery;
mod egress;
mod environment;
mod error;
mod ingest;
mod secret;
mod server;
mod storage;
mod telemetry;
mod value;
mod vapi;

pub use access::{AccessConfig, FirebaseConfig, OidcConfig};
pub use delivery::DeliveryConfig;
pub use egress::EgressConfig;
pub use environment::Environment;
pub use error::ConfigError;
pub use ingest::IngestConfig;
pub use secret::Secret;
pub use server::ServerConfig;
pub use storage::{Database, StorageConfig};
pub use telemetry::{LogFormat, TelemetryConfig};
pub use value::{Rate, is_private_to_the_wire, read_duration};
pub use vapi::VapiConfig;

/// All settings of one process, by concern.
#[derive(Clone, Debug)]
pub struct Config {
    pub server: ServerConfig,
    pub storage: StorageConfig,
    pub access: AccessConfig,
    pub ingest: IngestConfig,
    pub vapi: VapiConfig,
    pub egress: EgressConfig,
    pub delivery: DeliveryConfig,
    pub telemetry: TelemetryConfig,
}

impl Config {
    /// Reads every section. The order matters only where one section's
    /// default follows from another: what listens on loopback may be open to
    /// loopback, what runs on PostgreSQL has no data directory of its own.
    pub fn read(env: &Environment) -> Result<Self, ConfigError> {
        let server = ServerConfig::read(env)?;
        let storage = StorageConfig::read(env)?;
        Ok(Self {
            access: AccessConfig::read(env, server.on_loopback())?,
            ingest: IngestConfig::read(env, &storage.database)?,
            vapi: VapiConfig::read(env)?,
            egress: EgressConfig::read(env, server.on_loopback())?,
            delivery: DeliveryConfig::read(env)?,
            telemetry: TelemetryConfig::read(env)?,
            server,
            storage,
        })
    }

    /// With the door open: whoever asks without a token is an admin, and a webhook of Vapi's needs
    /// no proof. So nobody but this machine may reach the port.
    pub fn opened(mut self) -> Result<Self, ConfigError> {
        if !self.server.on_loopback() {
            let listen = self.server.listen;
            return Err(ConfigError::Refused {
                name: "RINGBACK_LISTEN",
                why: format!(
                    "it is {listen}, and `ringback dev` lets everybody in who reaches it: a \
                     loopback address such as 127.0.0.1:8000 is allowed"
                ),
            });
        }
        self.access.is_open = true;
        Ok(self)
    }
}
