//! `ringback completions`: what a shell needs to complete the rest.

use std::io::{Write, stdout};

use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

/// Shown below the options.
const EXAMPLES: &str = "\
Examples:
  source <(ringback completions bash)                                      in this shell
  ringback completions bash > ~/.local/share/bash-completion/completions/ringback
  ringback completions zsh > ~/.zfunc/_ringback
  ringback completions fish > ~/.config/fish/completions/ringback.fish";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompletionsArguments {
    /// Whose language it is written in
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn print(arguments: &CompletionsArguments) -> anyhow::Result<()> {
    let mut command = super::Arguments::command();
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, "ringback", &mut script);
    // A reader that has gone is an error to be told, not a reason to panic.
    stdout()
        .write_all(&script)
        .context("standard output cannot be written")
}
