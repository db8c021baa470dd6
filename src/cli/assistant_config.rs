//! `ringback assistant-config`: the assistant of a request, for scripts that call Vapi themselves.

use std::{
    fs,
    io::{Read, stdin},
    path::PathBuf,
};

use anyhow::{Context, bail};
use clap::Args;

use crate::{
    config::{Config, Secret},
    infra::data_dir::DataDir,
    run::SHARED_SECRET_FILE,
    vapi::assistant::{CallRequest, Server, assistant},
};

const REQUEST_BYTES_MAX: u64 = 1 << 20;

#[derive(Debug, Args)]
pub(super) struct AssistantArguments {
    /// A file with the request, as JSON; `-` is standard input
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// Whose the call is, by its metadata
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,
}

pub(super) fn print(arguments: &AssistantArguments, mut config: Config) -> anyhow::Result<()> {
    let request = read(arguments)?;
    let wrong = request.complaints();
    if let Some(first) = wrong.first() {
        bail!("{}: {}", first.path, first.message);
    }
    if config.ingest.shared_secrets.is_empty() {
        config.ingest.shared_secrets.extend(kept_secret(&config)?);
    }
    let server = Server::of(&config, config.server.listen);
    let made = assistant(&request, &server, arguments.owner.as_deref());
    println!("{}", serde_json::to_string_pretty(&made)?);
    Ok(())
}

fn read(arguments: &AssistantArguments) -> anyhow::Result<CallRequest> {
    let file = &arguments.request;
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        stdin().take(REQUEST_BYTES_MAX).read_to_string(&mut text)
    } else {
        fs::File::open(file).and_then(|file| file.take(REQUEST_BYTES_MAX).read_to_string(&mut text))
    };
    read.with_context(|| format!("{} cannot be read", file.display()))?;
    let json = &mut serde_json::Deserializer::from_str(&text);
    serde_path_to_error::deserialize(json).context("the request is not understood")
}

/// What a server that was started here keeps. Looking for it makes no data directory.
fn kept_secret(config: &Config) -> anyhow::Result<Option<Secret>> {
    let dir = &config.storage.data_dir;
    match dir.is_dir() {
        true => DataDir::open(dir)?.secret(SHARED_SECRET_FILE),
        false => Ok(None),
    }
}
