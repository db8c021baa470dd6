//! The command line. `ringback` alone is `ringback serve`.
//!
//! Standard output carries answers, so that scripts can read them; everything
//! else goes to standard error. A command that fails says why in one line.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command's answers are printed"
)]

mod assistant_config;
mod bench;
mod completions;
mod dev;
mod greeting;
mod key;
mod listen;
mod migrate;
mod openapi;
mod serve;
mod simulate;
mod verify;
mod version;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Environment};

/// The webhook platform for voice calls: takes what Vapi says, keeps it, and
/// tells every subscriber, signed, in order, at least once.
///
/// Nothing needs to be set to start: `ringback` listens on 127.0.0.1:8000 and
/// keeps everything under ./ringback-data. Settings are environment variables,
/// or lines of a file `.env`; `.env.sample` lists and explains them all.
#[derive(Debug, Parser)]
#[command(name = "ringback", version = version::version(), max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (this is also what `ringback` alone does)
    Serve,
    /// Run it for a first look, with nothing in the way: no key, no secret, no account
    ///
    /// Like `serve`, but with the door open to this machine. A caller without a token is the admin
    /// `dev`, Vapi's webhooks need no secret, and Vapi's REST API is played, so that placing calls
    /// works and nobody is called. It is refused unless RINGBACK_LISTEN is a loopback address, and
    /// answers to localhost and loopback addresses alone, so that no web page gets in.
    ///
    /// Data is kept where `serve` keeps it.
    Dev,
    /// Bring the database's schema up to date, and end
    Migrate,
    /// Make, list and revoke API keys; rotate the sealing keys
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Print the OpenAPI document
    Openapi(openapi::OpenapiArguments),
    /// Play whole calls, signed, as Vapi would send them
    ///
    /// Each call is one of thirteen stories: from a good talk with tools in it to a busy line, a
    /// voicemail, a fault, a cancellation. Some calls come out of order, twice, with their report
    /// first or with messages of unknown types, and must come to the same all the same; the line of
    /// a call says to what. All people are made up, and nobody is called.
    ///
    /// Beside a server that was started in the same folder nothing needs to be set. Ends with 1
    /// where a message was refused.
    Simulate(Box<simulate::SimulateArguments>),
    /// Show events as they happen, and pass them on to a receiver on this machine
    ///
    /// For developers without a public address: what subscribers would be sent is signed with a
    /// secret that is printed, and sent to --forward, one event after the other. When the
    /// connection breaks it comes back by itself and misses nothing after the first event it has
    /// shown. An event that the receiver does not take is not tried again.
    Listen(Box<listen::ListenArguments>),
    /// Print the assistant that a call for a request would be placed with
    AssistantConfig(assistant_config::AssistantArguments),
    /// Say whether a delivery's signature verifies, and if not, why
    Verify(verify::VerifyArguments),
    /// Measure the whole system on this machine
    ///
    /// Starts what it needs, stops by itself, and leaves nothing behind: servers of its own on SQLite
    /// and on a PostgreSQL of its own, where there is one, and beside them the null pipeline, which
    /// does everything but keep anything, as the ceiling that all are compared with. Figures are
    /// only worth something from a release build on a machine that does nothing else.
    Bench(bench::BenchArguments),
    /// Print what a shell needs to complete commands and options
    Completions(completions::CompletionsArguments),
}

/// Runs the command that the arguments name.
pub async fn run() -> ExitCode {
    let command = Arguments::parse().command.unwrap_or(Command::Serve);
    match execute(command).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ringback: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve => serve::serve(settings()?).await?,
        Command::Dev => dev::dev(settings()?).await?,
        Command::Migrate => migrate::migrate(settings()?).await?,
        Command::Key(command) => key::execute(command, settings()?).await?,
        Command::Openapi(arguments) => openapi::print(&arguments)?,
        Command::AssistantConfig(arguments) => {
            assistant_config::print(&arguments, settings()?)?;
        }
        Command::Bench(arguments) => bench::execute(arguments).await?,
        Command::Completions(arguments) => completions::print(&arguments)?,
        Command::Simulate(arguments) => simulate::simulate(*arguments, settings()?).await?,
        Command::Listen(arguments) => listen::listen(*arguments, settings()?).await?,
        Command::Verify(arguments) => return Ok(verify::verify(&arguments)),
    }
    Ok(ExitCode::SUCCESS)
}

/// The settings of this process; a misspelt name of ours is warned about.
fn settings() -> anyhow::Result<Config> {
    let environment = Environment::of_process()?;
    let config = Config::read(&environment)?;
    for name in environment.unknown_names() {
        eprintln!(
            "ringback: warning: {name} is set, but there is no such setting; .env.sample lists them"
        );
    }
    Ok(config)
}
