//! Which secret proves that a message is Vapi's, and how.
//!
//! What is said on the command line goes first, then what the settings say, then what a server that
//! was started here keeps in its data directory.

use std::fs;

use anyhow::Context;

use super::{ProofArgument, SimulateArguments};
use crate::{
    config::{Config, Secret},
    infra::data_dir::DataDir,
    run::{SHARED_SECRET_FILE, SIGNING_SECRET_FILE},
    simulate::Proof,
};

pub(super) fn proof(arguments: &SimulateArguments, config: &Config) -> anyhow::Result<Proof> {
    let given = given(arguments)?;
    let ingest = &config.ingest;
    let only_shared =
        given.is_none() && ingest.signing_secrets.is_empty() && !ingest.shared_secrets.is_empty();
    let usual = if only_shared {
        ProofArgument::Secret
    } else {
        ProofArgument::Signature
    };
    let how = arguments.proof.unwrap_or(usual);

    let (set, variable, file) = match how {
        ProofArgument::None => return Ok(Proof::Nothing),
        ProofArgument::Secret => (
            &ingest.shared_secrets,
            "WEBHOOK_SHARED_SECRET",
            SHARED_SECRET_FILE,
        ),
        ProofArgument::Signature | ProofArgument::TimedSignature => (
            &ingest.signing_secrets,
            "VAPI_WEBHOOK_SECRET",
            SIGNING_SECRET_FILE,
        ),
    };
    let secret = match given.or_else(|| set.first().cloned()) {
        Some(secret) => secret,
        None => kept(config, file)?.with_context(|| missing(config, variable))?,
    };
    Ok(match how {
        ProofArgument::Secret => {
            Proof::shared_secret(&secret).context("the secret cannot be sent in a header")?
        }
        ProofArgument::TimedSignature => Proof::TimedSignature(secret),
        _ => Proof::Signature(secret),
    })
}

fn given(arguments: &SimulateArguments) -> anyhow::Result<Option<Secret>> {
    let (secret, said_by) = match (&arguments.secret, &arguments.secret_file) {
        (Some(text), _) => (Secret::new(text.trim()), "--secret".to_owned()),
        (None, Some(file)) => {
            let text = fs::read_to_string(file)
                .with_context(|| format!("{} cannot be read", file.display()))?;
            (Secret::new(text.trim()), file.display().to_string())
        }
        (None, None) => return Ok(None),
    };
    let is_there = !secret.expose().is_empty();
    is_there
        .then_some(Some(secret))
        .with_context(|| format!("{said_by} holds no secret"))
}

/// Looking for a secret makes no data directory.
fn kept(config: &Config, file: &str) -> anyhow::Result<Option<Secret>> {
    let dir = &config.storage.data_dir;
    match dir.is_dir() {
        true => DataDir::open(dir)?.secret(file),
        false => Ok(None),
    }
}

fn missing(config: &Config, variable: &str) -> String {
    format!(
        "no secret is known: set {variable}, name a file by --secret-file, or start `ringback` \
         first, which keeps one in {}",
        config.storage.data_dir.display()
    )
}
