//! Where we may send to, beyond the public internet over https.

use ipnet::IpNet;

use super::{ConfigError, Environment, value};

#[derive(Clone, Debug)]
pub struct EgressConfig {
    /// `RINGBACK_ALLOW_NETWORKS`: networks that are not public and yet allowed.
    pub allow_networks: Vec<IpNet>,
    /// `RINGBACK_ALLOW_HTTP`: whether plain http is allowed.
    pub allow_http: bool,
}

impl EgressConfig {
    /// A server that only this machine reaches may send to this machine: its
    /// developer's receiver runs there. Any other may not, unless told.
    pub(super) fn read(env: &Environment, on_loopback: bool) -> Result<Self, ConfigError> {
        let default_networks = || match on_loopback {
            true => value::loopback_networks(),
            false => Vec::new(),
        };
        Ok(Self {
            allow_networks: env
                .read("RINGBACK_ALLOW_NETWORKS", value::NETWORKS)?
                .unwrap_or_else(default_networks),
            allow_http: env
                .read("RINGBACK_ALLOW_HTTP", value::YES_NO)?
                .unwrap_or(on_loopback),
        })
    }
}
