//! `ringback listen`: the events of an owner, here, a line each.

mod words;

use std::{
    fs,
    io::{IsTerminal, Write, stdout},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::{Args, value_parser};
use reqwest::Url;
use tokio::signal::ctrl_c;

use self::words::Words;
use crate::{
    config::{Config, EgressConfig, Secret},
    infra::{
        clock::Clock,
        egress::{Egress, Outcome},
    },
    listen::{Asked, Heard, News, Relay, SigningSecret, Wire},
};

/// Shown below the options.
const EXAMPLES: &str = "\
Examples:
  ringback listen                                              only look, beside `ringback dev`
  ringback listen --forward http://localhost:3000/api/webhook
  ringback listen --forward http://localhost:3000/ --events call.completed,call.failed
  ringback listen --server https://ringback.example.com --key-file key --json | jq .callId
  ringback listen --forward http://localhost:3000/ --count 1   ends after one: for scripts

Ends with 0 when it is stopped, or after --count events that the receiver took; with 1 where the
server refuses it or the receiver did not take all of them; with 2 where an argument is wrong.";

const USUAL_EVENTS: &str = "call.status.changed,call.completed,call.failed";
const STREAM: &str = "/api/v6/call/webhook/stream";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ListenArguments {
    /// Where events are passed on to, signed as deliveries are
    #[arg(long, value_name = "URL", value_parser = http_url)]
    forward: Option<Url>,
    /// Which kinds, by comma; the usual ones are what a subscription hears that names none
    #[arg(long, value_name = "NAMES", default_value = USUAL_EVENTS)]
    events: String,
    /// Only those of this call, by Vapi's id or ours
    #[arg(long, value_name = "ID")]
    call: Option<String>,
    /// The server that is listened to
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000", value_parser = http_url)]
    server: Url,
    /// A file with the API key whose owner's events are wanted; `ringback dev` needs none
    /// [default: RINGBACK_ADMIN_KEY, where it is set]
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// That key itself; other users of this machine may see it, so a file is better
    #[arg(long, value_name = "KEY", conflicts_with = "key_file")]
    key: Option<String>,
    /// A file with the secret to sign with, `whsec_…` [default: a new one, which is printed]
    #[arg(long, value_name = "FILE", requires = "forward")]
    secret_file: Option<PathBuf>,
    /// End after so many events
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Print a line of JSON for each event
    #[arg(long)]
    json: bool,
}

pub(super) async fn listen(arguments: ListenArguments, config: Config) -> anyhow::Result<()> {
    let (clock, no_color) = (Clock::system(), config.telemetry.no_color);
    let egress = Egress::new(&everywhere())?;
    let asked = Asked {
        url: stream(&arguments)?,
        token: key(&arguments, config)?,
    };
    let relay = relay(&arguments, &egress, &clock)?;
    let words = Words {
        clock: clock.clone(),
        is_json: arguments.json,
        is_coloured: stdout().is_terminal() && !no_color,
    };
    eprintln!("{}", words::greeting(&arguments, relay.as_ref()));
    let wire = Wire::new(egress.operator_client(), clock, asked);
    tokio::select! {
        ended = follow(wire, relay, &words, arguments.count) => ended,
        _ = ctrl_c() => Ok(()),
    }
}

async fn follow(
    mut wire: Wire,
    relay: Option<Relay>,
    words: &Words,
    count: Option<u64>,
) -> anyhow::Result<()> {
    let (mut heard, mut failed) = (0, 0);
    while count.is_none_or(|count| heard < count) {
        match wire.next().await {
            News::Connected => eprintln!("listening"),
            News::Lost { why, again_in } => {
                eprintln!(
                    "not listening: {why}; trying again in {} s",
                    again_in.as_secs()
                );
                wire.rest(again_in).await;
            }
            News::Refused { status, message } => {
                bail!("the server refuses it with {status}: {message}")
            }
            News::Heard(event) => {
                let answer = pass_on(relay.as_ref(), &event).await?;
                // Whoever reads may have had enough, as `head` has.
                writeln!(stdout(), "{}", words.line(&event, answer.as_ref()))
                    .context("standard output cannot be written")?;
                heard += 1;
                failed += u64::from(answer.is_some_and(|answer| !is_taken(&answer)));
            }
        }
    }
    match failed {
        0 => Ok(()),
        failed => bail!("the receiver did not take {failed} of {heard} events"),
    }
}

async fn pass_on(relay: Option<&Relay>, event: &Heard) -> anyhow::Result<Option<Outcome>> {
    match relay {
        Some(relay) => relay.pass_on(event).await.map(Some),
        None => Ok(None),
    }
}

fn is_taken(answer: &Outcome) -> bool {
    matches!(answer, Outcome::Answered(answer) if answer.is_success())
}

fn relay(
    arguments: &ListenArguments,
    egress: &Egress,
    clock: &Clock,
) -> anyhow::Result<Option<Relay>> {
    let Some(to) = arguments.forward.clone() else {
        return Ok(None);
    };
    let secret = match &arguments.secret_file {
        Some(file) => SigningSecret::parse(read(file)?.expose())
            .with_context(|| format!("{} holds no secret", file.display()))?,
        None => SigningSecret::generate(),
    };
    Ok(Some(Relay {
        egress: egress.clone(),
        clock: clock.clone(),
        to,
        secret,
    }))
}

/// Whoever types an address means it: what a server may not reach, its developer may.
fn everywhere() -> EgressConfig {
    EgressConfig {
        allow_networks: ["0.0.0.0/0", "::/0"]
            .iter()
            .filter_map(|all| all.parse().ok())
            .collect(),
        allow_http: true,
    }
}

fn stream(arguments: &ListenArguments) -> anyhow::Result<Url> {
    let mut url = arguments.server.join(STREAM)?;
    url.query_pairs_mut()
        .append_pair("events", &arguments.events);
    if let Some(call) = &arguments.call {
        url.query_pairs_mut().append_pair("call_id", call);
    }
    Ok(url)
}

fn key(arguments: &ListenArguments, config: Config) -> anyhow::Result<Option<Secret>> {
    match (&arguments.key_file, &arguments.key) {
        (Some(file), _) => read(file).map(Some),
        (None, Some(key)) => Ok(Some(Secret::new(key.trim()))),
        (None, None) => Ok(config.access.admin_key),
    }
}

fn read(file: &Path) -> anyhow::Result<Secret> {
    let text =
        fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(Secret::new(text.trim()))
}

pub(super) fn http_url(text: &str) -> Result<Url, String> {
    let url = text.parse::<Url>().ok();
    url.filter(|url| ["http", "https"].contains(&url.scheme()))
        .ok_or("must be an http or https URL".to_owned())
}
