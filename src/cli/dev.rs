//! `ringback dev`: the first ten minutes, in which nothing is in the way.
//!
//! It is `serve` with the door open to this machine and with Vapi played, so that no key, no secret
//! and no account is needed, and nobody is called. What it keeps is kept where `serve` keeps it, and
//! is there when the door is shut.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context;
use url::Url;

use super::serve;
use crate::{
    config::{Config, Secret},
    infra::{clock::Clock, egress::Egress},
    simulate::{Part, Proof, StandIn},
};

/// What a played Vapi takes for a key and a number.
const ANY: &str = "stand-in";
const WEBHOOK: &str = "/api/v1/vapi/webhook";
/// A call that takes a minute is over after four seconds.
const TIMES_FASTER: f64 = 15.0;

pub(super) async fn dev(config: Config) -> anyhow::Result<()> {
    let mut config = config.opened()?;
    if config.vapi.api_key.is_some() || config.vapi.base_url.is_some() {
        eprintln!(
            "ringback: warning: VAPI_API_KEY and VAPI_BASE_URL are not used: `ringback dev` plays \
             Vapi, and calls nobody; `ringback serve` uses them"
        );
    }
    config.server.listen = with_a_port(config.server.listen)?;
    let stand_in = stand_in(&config)?;
    config.vapi.base_url = Some(stand_in.url().parse()?);
    config.vapi.api_key = Some(Secret::new(ANY));
    config.vapi.phone_number_id = Some(ANY.to_owned());
    let served = serve::serve(config).await;
    stand_in.stop().await;
    served
}

/// Two servers must know each other's address, so ours is chosen before either listens.
fn with_a_port(listen: SocketAddr) -> anyhow::Result<SocketAddr> {
    match listen.port() {
        0 => Ok(TcpListener::bind(listen)?.local_addr()?),
        _ => Ok(listen),
    }
}

fn stand_in(config: &Config) -> anyhow::Result<StandIn> {
    let clock = Clock::system();
    let target: Url = format!("http://{}{WEBHOOK}", config.server.listen).parse()?;
    let part = Part {
        // The moment is a seed that nobody has played before.
        seed: clock.millis().unsigned_abs(),
        client: Egress::new(&config.egress)?.operator_client(),
        target,
        proof: Proof::Nothing,
        speed: TIMES_FASTER,
        plays: true,
        rules: Vec::new(),
        clock,
    };
    let anywhere = SocketAddr::new(config.server.listen.ip(), 0);
    StandIn::start(anywhere, part).context("Vapi cannot be played")
}
