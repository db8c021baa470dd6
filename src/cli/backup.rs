//! `ringback backup` and `ringback restore`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::progress::Progress;
use crate::{
    backup::{self, Backup, Held, Restored},
    config::Config,
};

/// Shown below the options.
const BACKUP_EXAMPLES: &str = "\
Examples:
  ringback backup --to /backups/                   a file there, named after the time
  ringback backup --to /backups/before.db --json
  ringback backup --to /safe/ --with-keys          with all that is needed to read it

Ends with 0 where the backup is whole and on the disk, 1 where it is not, 2 for wrong arguments.";

/// Shown below the options.
const RESTORE_EXAMPLES: &str = "\
Examples:
  RINGBACK_DATA_DIR=./restored ringback restore --from /backups/ringback-20251119T164811Z.db
  DATABASE_URL=postgres://ringback@db/new ringback restore --from /backups/ringback-20251119T164811Z.dump

Ends with 0 where the database is back, 1 where it is not, 2 for wrong arguments.";

#[derive(Debug, Args)]
#[command(after_help = BACKUP_EXAMPLES)]
pub(super) struct BackupArguments {
    /// A file that is not there yet, or a folder
    #[arg(long, value_name = "FILE|DIR")]
    to: PathBuf,
    /// Put the sealing keys and the secrets of webhooks beside it: who has both can read everything
    #[arg(long)]
    with_keys: bool,
    /// Print one object of JSON
    #[arg(long)]
    json: bool,
    /// Print nothing where it went well
    #[arg(long, conflicts_with = "json")]
    quiet: bool,
}

#[derive(Debug, Args)]
#[command(after_help = RESTORE_EXAMPLES)]
pub(super) struct RestoreArguments {
    /// What `ringback backup` has made
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Nothing has run since the backup: let calls and campaigns go on where they were
    ///
    /// Without it, calls whose time has come since are looked for at Vapi and never placed again,
    /// campaigns are paused, and schedules go on with their next run: telephones may have rung
    /// after the backup was made, and nobody wants to be called twice.
    #[arg(long)]
    calls_go_on: bool,
    /// Print one object of JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn backup(arguments: BackupArguments, config: Config) -> anyhow::Result<()> {
    let progress = Progress::unless(arguments.json || arguments.quiet);
    let watch = |bytes: u64, of: Option<u64>| {
        progress.show("putting aside, in KiB", bytes / 1024, of.map(kib));
    };
    let (to, with_keys) = (&arguments.to, arguments.with_keys);
    let made = backup::put_aside(&config.storage, to, with_keys, &watch).await?;
    drop(progress);
    match (arguments.json, arguments.quiet) {
        (true, _) => println!("{}", backup_json(&made)),
        (_, true) => {}
        _ => println!("{}", backup_words(&made)),
    }
    Ok(())
}

pub(super) async fn restore(arguments: RestoreArguments, config: Config) -> anyhow::Result<()> {
    let from: &Path = &arguments.from;
    let restored = backup::put_back(&config.storage, from, arguments.calls_go_on).await?;
    match arguments.json {
        true => println!("{}", restore_json(&restored)),
        false => println!("{}", restore_words(&restored)),
    }
    Ok(())
}

fn kib(bytes: u64) -> u64 {
    bytes / 1024
}

fn backup_json(made: &Backup) -> serde_json::Value {
    json!({"file": made.file, "bytes": made.bytes, "keys": made.keys})
}

fn backup_words(made: &Backup) -> String {
    let whole = format!("{} is whole: {} bytes.", made.file.display(), made.bytes);
    match &made.keys {
        Some(keys) => format!(
            "{whole}\nIts keys are in {}: who has both can read everything.",
            keys.display()
        ),
        None => format!(
            "{whole}\nThe sealing keys are not in it, and without them nothing that is sealed can be \
             read: keep them elsewhere, or give --with-keys."
        ),
    }
}

fn restore_json(restored: &Restored) -> serde_json::Value {
    let held = restored.held.map(|held| {
        json!({"calls": held.calls, "campaigns": held.campaigns, "schedules": held.schedules})
    });
    json!({"database": restored.database, "held": held, "secrets": restored.secrets})
}

fn restore_words(restored: &Restored) -> String {
    let mut text = format!("The backup is back, in {}.", restored.database);
    if !restored.secrets.is_empty() {
        text += &format!(
            "\nPut into the data directory: {}.",
            restored.secrets.join(", ")
        );
    }
    if let Some(held) = restored.held.filter(|held| *held != Held::default()) {
        text += &format!(
            "\nSo that no telephone rings twice: {} calls whose time has come are looked for at Vapi, \
             {} campaigns are paused, {} schedules go on with their next run.",
            held.calls, held.campaigns, held.schedules
        );
    }
    text + "\nWhat was delivered after the backup is delivered once more, under the same ids."
}
