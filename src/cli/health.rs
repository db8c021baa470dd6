//! `ringback health`: for supervisors that cannot ask over HTTP themselves,
//! as in an image without a shell.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Context, bail};
use clap::Args;
use reqwest::Url;
use serde_json::Value;

use crate::{config::Config, infra::egress::Egress};

const READINESS: &str = "/health/ready";
const ANSWER_BYTES_MAX: usize = 64 << 10;

#[derive(Debug, Args)]
pub(super) struct HealthArguments {
    /// The server that is asked [default: the one that listens where RINGBACK_LISTEN says]
    #[arg(long, value_name = "URL", value_parser = super::listen::http_url)]
    server: Option<Url>,
}

/// Prints `ok` or `degraded`; anything else is an error.
pub(super) async fn ask(arguments: HealthArguments, config: &Config) -> anyhow::Result<()> {
    let server = match arguments.server {
        Some(server) => server,
        None => beside(config.server.listen)?,
    };
    let egress = Egress::new(&config.egress)?;
    let answer = egress
        .fetch(&server.join(READINESS)?, ANSWER_BYTES_MAX)
        .await?;
    let answer: Value = serde_json::from_slice(&answer.body)
        .with_context(|| format!("{server} is something else than a ringback"))?;
    let status = answer["status"].as_str();
    println!("{}", status.context("the answer has no status")?);
    Ok(())
}

/// A server that listens on all addresses is reached on loopback.
fn beside(listen: SocketAddr) -> anyhow::Result<Url> {
    if listen.port() == 0 {
        bail!("RINGBACK_LISTEN leaves the port open: say by --server where it listens");
    }
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Ok(format!("http://{}", SocketAddr::new(ip, listen.port())).parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_where_it_can_be_reached() {
        let cases = [
            ("0.0.0.0:8000", "http://127.0.0.1:8000/"),
            ("[::]:8000", "http://[::1]:8000/"),
            ("10.1.2.3:80", "http://10.1.2.3/"),
        ];
        for (listen, asked) in cases {
            assert_eq!(beside(listen.parse().unwrap()).unwrap().as_str(), asked);
        }
        assert!(beside("127.0.0.1:0".parse().unwrap()).is_err());
    }
}
