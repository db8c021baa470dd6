//! `ringback verify`: does a delivery that was received verify, and if not,
//! why? It asks nobody, and needs no settings.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;

use crate::{
    infra::{clock::Clock, egress::advice},
    trial::verify::{self, Headers, Judged, Secrets},
};

/// Shown below the options, before what goes wrong.
const EXAMPLES: &str = "\
Examples:
  ringback verify --secret-file secret --body body.json --header 'x-webhook-signature: sha256=…'
  pbpaste | ringback verify --secret \"$WEBHOOK_SECRET\" --body - --json \\
      --header 'webhook-id: evt_…' --header 'webhook-timestamp: …' --header 'webhook-signature: v1,…'

Ends with 0 where it verifies, 1 where it does not, 2 where it was not asked rightly.";

/// What is not understood, as for the other arguments.
const USAGE: u8 = 2;

#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(super) struct VerifyArguments {
    /// The secret with which the receiver checks; other users of this machine may see it, so a
    /// file is better
    #[arg(long, value_name = "SECRET", required_unless_present = "secret_file")]
    secret: Option<String>,
    /// A file with that secret; the line break at its end does not belong to it
    #[arg(long, value_name = "FILE", conflicts_with = "secret")]
    secret_file: Option<PathBuf>,
    /// The body as it was received, to the byte; `-` is standard input
    #[arg(long, value_name = "FILE")]
    body: PathBuf,
    /// A header that was received; give all of them
    #[arg(long = "header", value_name = "NAME: VALUE", required = true, value_parser = header)]
    headers: Vec<(String, String)>,
    /// Print one object of JSON
    #[arg(long)]
    json: bool,
}

fn after_help() -> String {
    let troubles = advice::ALL.map(|trouble| format!("  {trouble}\n")).concat();
    format!("{EXAMPLES}\n\nWhat goes wrong on the way to a receiver:\n{troubles}")
}

pub(super) fn verify(arguments: &VerifyArguments) -> ExitCode {
    match judged(arguments) {
        Ok(judged) => {
            println!("{}", words(&judged, arguments.json));
            ExitCode::from(u8::from(!judged.verified))
        }
        Err(error) => {
            eprintln!("ringback: {error:#}");
            ExitCode::from(USAGE)
        }
    }
}

fn judged(arguments: &VerifyArguments) -> anyhow::Result<Judged> {
    let body = read(&arguments.body)?;
    let secret = secret(arguments)?;
    let headers = Headers::of_pairs(arguments.headers.iter().map(|(name, value)| (name, value)));
    let now = Clock::system().now().timestamp();
    Ok(verify::verify(&Secrets::of(&secret), &headers, &body, now))
}

fn secret(arguments: &VerifyArguments) -> anyhow::Result<String> {
    let Some(file) = &arguments.secret_file else {
        return Ok(arguments.secret.clone().unwrap_or_default());
    };
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut body = Vec::new();
        std::io::stdin().read_to_end(&mut body)?;
        return Ok(body);
    }
    std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))
}

fn header(text: &str) -> Result<(String, String), String> {
    Headers::read_line(text).ok_or("write it as 'name: value'".to_owned())
}

fn words(judged: &Judged, as_json: bool) -> String {
    if as_json {
        return serde_json::json!({
            "verified": judged.verified,
            "scheme": judged.scheme,
            "reason": judged.reason,
            "message": judged.message,
            "checks": judged.checks,
        })
        .to_string();
    }
    let lines = judged.checks.iter().map(|check| {
        let verdict = match check.verified {
            true => "verified",
            false => "not verified",
        };
        format!("{}: {verdict}. {}", check.scheme, check.message)
    });
    match lines.collect::<Vec<_>>() {
        none if none.is_empty() => format!("not verified. {}", judged.message),
        lines => lines.join("\n"),
    }
}
