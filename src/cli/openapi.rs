//! `ringback openapi`: the document, to standard output or into a file.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use crate::openapi;

#[derive(Debug, Args)]
pub(super) struct OpenapiArguments {
    /// Write the document here instead, such as openapi/openapi.json
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn print(arguments: &OpenapiArguments) -> anyhow::Result<()> {
    let text = openapi::json(&openapi::document())?;
    match &arguments.out {
        Some(file) => std::fs::write(file, text)
            .with_context(|| format!("{} cannot be written", file.display())),
        None => {
            print!("{text}");
            Ok(())
        }
    }
}
