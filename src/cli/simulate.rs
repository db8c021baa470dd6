//! `ringback simulate`: Vapi's side of the conversation, without Vapi.

mod proof;
mod serve;
mod words;

use std::{net::SocketAddr, path::PathBuf};

use anyhow::bail;
use clap::{Args, ValueEnum, value_parser};
use reqwest::Url;

use crate::{
    config::Config,
    infra::{clock::Clock, egress::Egress},
    simulate::{Player, Rule, Run, Script, Tally},
};

/// Shown below the options.
const EXAMPLES: &str = "\
Examples:
  ringback simulate                                      ten calls for the server beside
  ringback simulate --seed 7 --calls 1                   always the same call
  ringback simulate --calls 5000 --rate 0 --speed 0 --quiet    as much as the server can take
  ringback simulate --serve 127.0.0.1:8100 --fail busy=99    Vapi, for a server that places calls
  ringback simulate --target https://ringback.example.com/api/v1/vapi/webhook --secret-file secret";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SimulateArguments {
    /// How many calls
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = value_parser!(u64).range(1..=CALLS_MAX))]
    calls: u64,
    /// How many calls begin in a second; 0 is as fast as it goes, 256 at once
    #[arg(long, value_name = "R", default_value_t = 2.0, value_parser = not_negative)]
    rate: f64,
    /// How many times faster than spoken; at 15 a call takes about 3 s, at 0 there are no pauses
    #[arg(long, value_name = "X", default_value_t = 15.0, value_parser = not_negative)]
    speed: f64,
    /// Where the messages go: a server, or any of its addresses that take Vapi's webhooks
    #[arg(long, value_name = "URL", default_value = TARGET, value_parser = http_url)]
    target: Url,
    /// Play the calls of this number
    ///
    /// The same seed gives the same calls, to the byte: ids, people, words and times. A server that
    /// has them already takes them for duplicates. Without a seed the calls are new, and have taken
    /// place within the last hour.
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Whose calls they are, by their metadata; an empty name leaves them to nobody
    ///
    /// Subscriptions hear of the calls of their owner. The first admin key has the owner `admin`.
    #[arg(long, value_name = "OWNER", default_value = "admin")]
    owner: String,
    /// How messages prove that they are Vapi's [default: signature, or secret where only
    /// WEBHOOK_SHARED_SECRET is set]
    #[arg(long, value_enum, value_name = "HOW")]
    proof: Option<ProofArgument>,
    /// The secret that the server expects; other users of this machine may see it, so a file is
    /// better
    #[arg(long, value_name = "SECRET", conflicts_with = "secret_file")]
    secret: Option<String>,
    /// A file with that secret
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Stand in for Vapi's REST API at this address, and play the calls that are placed there
    ///
    /// Their news go to the server that the call's assistant names, else to --target.
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["calls", "rate", "quiet", "json"])]
    serve: Option<SocketAddr>,
    /// What goes wrong with calls to numbers that end with these digits, such as busy=99
    ///
    /// One of reject, unpaid, busy, busy-once, over-limit, crowded, fail-before, fail-after, cut,
    /// hang, answer-last, lose-report, silence. Without digits it goes wrong with all calls.
    #[arg(long, value_name = "MODE[=DIGITS]", requires = "serve")]
    fail: Vec<Rule>,
    /// Print the summary alone
    #[arg(long)]
    quiet: bool,
    /// Print lines of JSON: one for each call, then the summary
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProofArgument {
    /// HMAC-SHA256 of the body, in hex, in x-vapi-signature
    Signature,
    /// The same over `{timestamp}.{body}`, with the timestamp in x-timestamp
    TimedSignature,
    /// The secret itself, in x-vapi-secret
    Secret,
    /// None at all
    None,
}

const TARGET: &str = "http://127.0.0.1:8000";
const WEBHOOK: &str = "/api/v1/vapi/webhook";
const CALLS_MAX: u64 = 10_000_000;

pub(super) async fn simulate(arguments: SimulateArguments, config: Config) -> anyhow::Result<()> {
    if let Some(listen) = arguments.serve {
        return serve::serve(listen, &arguments, &config).await;
    }
    let clock = Clock::system();
    let player = Player {
        client: Egress::new(&config.egress)?.operator_client(),
        clock: clock.clone(),
        proof: proof::proof(&arguments, &config)?,
        target: arguments.target,
        speed: arguments.speed,
    };
    let run = Run {
        // The moment is a seed that nobody has played before.
        seed: arguments.seed.unwrap_or(clock.millis().unsigned_abs()),
        calls: arguments.calls,
        rate: arguments.rate,
        owner: Some(arguments.owner).filter(|owner| !owner.is_empty()),
    };
    let told = |script: &Script, tally: &Tally| match (arguments.quiet, arguments.json) {
        (true, _) => {}
        (false, true) => println!("{}", words::call_json(script, tally)),
        (false, false) => println!("{}", words::call(script, tally)),
    };
    let total = player.play_all(&run, told).await?;
    match arguments.json {
        true => println!("{}", words::summary_json(&run, &total)),
        false => println!("{}", words::summary(&run, &total)),
    }
    match total.is_clean() {
        true => Ok(()),
        false => bail!("{}", words::complaint(&total)),
    }
}

/// A server that is named without a path gets them where Vapi would be sent.
fn http_url(text: &str) -> Result<Url, String> {
    let url = text.parse::<Url>().ok();
    let mut url = url
        .filter(|url| ["http", "https"].contains(&url.scheme()))
        .ok_or("must be an http or https URL".to_owned())?;
    if url.path() == "/" {
        url.set_path(WEBHOOK);
    }
    Ok(url)
}

fn not_negative(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "must be a number".to_owned())?;
    let in_range = (0.0..=1e6).contains(&number);
    in_range
        .then_some(number)
        .ok_or("must be from 0 to 1000000".to_owned())
}
