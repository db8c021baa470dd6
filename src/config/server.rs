//! Where the server listens, and to whom it talks how.

use std::net::{Ipv4Addr, SocketAddr};

use ipnet::IpNet;

use super::{ConfigError, Environment, value};

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8000);
const INGEST_BODY_BYTES: usize = 10 << 20;

#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// `RINGBACK_LISTEN`: address and port; port 0 picks a free one.
    pub listen: SocketAddr,
    /// `RINGBACK_TRUSTED_PROXIES`: networks whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// `RINGBACK_CORS_ORIGINS`: web origins that may call from a browser.
    pub cors_origins: Vec<String>,
    /// `RINGBACK_MAX_BODY`: the largest body that a webhook of Vapi's may have.
    pub ingest_body_bytes_max: usize,
}

impl ServerConfig {
    pub(super) fn read(env: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            listen: env
                .read("RINGBACK_LISTEN", value::ADDRESS)?
                .unwrap_or(LISTEN),
            trusted_proxies: env
                .read("RINGBACK_TRUSTED_PROXIES", value::NETWORKS)?
                .unwrap_or_default(),
            cors_origins: env
                .read("RINGBACK_CORS_ORIGINS", value::ORIGINS)?
                .unwrap_or_default(),
            ingest_body_bytes_max: env
                .read("RINGBACK_MAX_BODY", value::SIZE)?
                .unwrap_or(INGEST_BODY_BYTES),
        })
    }

    /// Only this machine can reach the server.
    pub fn on_loopback(&self) -> bool {
        self.listen.ip().is_loopback()
    }
}
