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
mod backup;
mod bench;
mod completions;
mod copy;
mod dev;
mod greeting;
mod health;
mod key;
mod listen;
mod migrate;
mod openapi;
mod progress;
mod serve;
mod simulate;
mod verify;
mod version;

use std::{future::Future, io, process::ExitCode, time::Duration};

use anyhow::Context;
use clap::{Parser, Subcommand};
use tokio::runtime::{self, Runtime};

use crate::{
    config::{Config, Environment},
    infra::priority,
};

/// What a thread still does gets so long at the end.
const THREADS_END_WITHIN: Duration = Duration::from_secs(1);

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
    /// Ask whether the server here takes requests: 0 if it does, 1 if not
    Health(health::HealthArguments),
    /// Bring the database's schema up to date, and end
    Migrate,
    /// Put the database aside while it is used
    ///
    /// On SQLite beside a running server, which goes on writing; on PostgreSQL by `pg_dump`. The file
    /// has its name once it is whole, checked and on the disk, and nothing is ever written over.
    Backup(backup::BackupArguments),
    /// Put a backup back, into a place that is free
    ///
    /// Into the data directory, or the empty database that DATABASE_URL names. The keys must be
    /// there, or beside the backup. Nothing restored rings a telephone a second time.
    Restore(backup::RestoreArguments),
    /// Copy everything to another database: from SQLite to PostgreSQL, or back
    ///
    /// For whoever outgrows one machine. Stop all servers first. Rows go in transactions, so a copy
    /// that was cut off goes on where it was when it is run again; until it is whole no server starts
    /// on the target. At the end both sides are read anew and compared, row by row. The sealing keys
    /// and the spool are not in the database: what is left to do is said at the end.
    Copy(Box<copy::CopyArguments>),
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
pub fn run() -> ExitCode {
    let command = Arguments::parse().command.unwrap_or(Command::Serve);
    let ended = runtime(&command)
        .context("no threads can be started")
        .and_then(|runtime| run_on(runtime, command));
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ringback: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_on(runtime: Runtime, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        // Stops what it has started, which a thread may just be doing.
        Command::Bench(_) => runtime.block_on(execute(command)),
        _ => run_to_end(runtime, execute(command)),
    }
}

/// A name is looked up on a thread, for minutes where no name server answers. Nobody waits for that
/// any more.
fn run_to_end<T>(runtime: Runtime, work: impl Future<Output = T>) -> T {
    let ended = runtime.block_on(work);
    runtime.shutdown_timeout(THREADS_END_WITHIN);
    ended
}

/// Where requests are served, its threads stand back behind those that serve them.
fn runtime(command: &Command) -> io::Result<Runtime> {
    let mut threads = runtime::Builder::new_multi_thread();
    if matches!(command, Command::Serve | Command::Dev) {
        threads.on_thread_start(priority::stand_back());
    }
    threads.enable_all().build()
}

async fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve => serve::serve(settings()?).await?,
        Command::Dev => dev::dev(settings()?).await?,
        Command::Health(arguments) => health::ask(arguments, &settings()?).await?,
        Command::Migrate => migrate::migrate(settings()?).await?,
        Command::Copy(arguments) => return copy::copy(*arguments, settings()?).await,
        Command::Backup(arguments) => backup::backup(arguments, settings()?).await?,
        Command::Restore(arguments) => backup::restore(arguments, settings()?).await?,
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
    let environment = environment()?;
    let config = Config::read(&environment)?;
    for name in environment.unknown_names() {
        eprintln!(
            "ringback: warning: {name} is set, but there is no such setting; .env.sample lists them"
        );
    }
    Ok(config)
}

#[cfg(not(debug_assertions))]
fn environment() -> anyhow::Result<Environment> {
    Ok(Environment::of_process()?)
}

/// That of a debug build may say where the process is to die.
#[cfg(debug_assertions)]
fn environment() -> anyhow::Result<Environment> {
    let mut environment = Environment::of_process()?;
    if let Some(point) = environment.take_failpoint() {
        crate::infra::failpoint::arm(&point)?;
    }
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::{sync::oneshot, task::spawn_blocking};

    use super::*;

    #[test]
    fn a_thread_that_waits_for_what_does_not_come_holds_up_nobody() {
        let (_name_server, answers) = mpsc::channel::<()>();
        let work = async {
            let (tell, asks) = oneshot::channel();
            drop(spawn_blocking(move || {
                tell.send(()).unwrap();
                answers.recv()
            }));
            asks.await.unwrap();
        };
        run_to_end(runtime(&Command::Migrate).unwrap(), work);
    }
}
