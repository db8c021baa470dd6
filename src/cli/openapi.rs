//! `ringback openapi`: the document, to standard output or into a file, and the schemas of events.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use crate::openapi;

#[derive(Debug, Args)]
pub(super) struct OpenapiArguments {
    /// Write the document here instead, such as openapi/openapi.json
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the schemas of events there, such as openapi/events.json
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
}

pub(super) fn print(arguments: &OpenapiArguments) -> anyhow::Result<()> {
    let text = openapi::json(&openapi::document())?;
    match &arguments.out {
        Some(file) => write(file, text)?,
        None if arguments.events.is_none() => print!("{text}"),
        None => {}
    }
    match &arguments.events {
        Some(file) => write(file, openapi::events_json()?),
        None => Ok(()),
    }
}

fn write(file: &Path, text: String) -> anyhow::Result<()> {
    std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
}
