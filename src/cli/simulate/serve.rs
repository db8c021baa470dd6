//! `ringback simulate --serve`: Vapi's REST API, until it is told to stop.

use std::net::SocketAddr;

use tokio::signal::ctrl_c;

use super::{SimulateArguments, proof};
use crate::{
    config::Config,
    infra::{clock::Clock, egress::Egress},
    simulate::{Part, StandIn},
};

pub(super) async fn serve(
    listen: SocketAddr,
    arguments: &SimulateArguments,
    config: &Config,
) -> anyhow::Result<()> {
    let clock = Clock::system();
    let part = Part {
        seed: arguments.seed.unwrap_or(clock.millis().unsigned_abs()),
        client: Egress::new(&config.egress)?.operator_client(),
        target: arguments.target.clone(),
        proof: proof::proof(arguments, config)?,
        speed: arguments.speed,
        plays: true,
        rules: arguments.fail.clone(),
        clock,
    };
    let seed = part.seed;
    let mut stand_in = StandIn::start(listen, part)?;
    println!("{}", greeting(&stand_in.url(), seed));
    tokio::select! {
        ended = stand_in.ended() => return ended,
        _ = ctrl_c() => {}
    }
    stand_in.stop().await;
    Ok(())
}

fn greeting(url: &str, seed: u64) -> String {
    format!(
        "Vapi's stand-in listens at {url} (seed {seed}); nobody is called.\n\n\
         Start a server that places its calls here:\n  \
         VAPI_BASE_URL={url} VAPI_API_KEY=any VAPI_PHONE_NUMBER_ID=any ringback\n\n\
         How often each order has rung a telephone:\n  curl {url}/dials"
    )
}
