//! `ringback copy`: all that is in one database, to another.

mod words;

use std::{process::ExitCode, sync::Arc, thread};

use anyhow::Context;
use clap::{Args, value_parser};

use super::progress::Progress;
use crate::{
    config::{Config, Database, StorageConfig},
    copy::{self, Manner, Order, ROWS_PER_READ_MAX, Step},
    infra::seal::Seal,
    run::known_keys,
};

/// Shown below the options.
const EXAMPLES: &str = "\
Examples:
  ringback copy --to postgres://ringback@db.example.com/ringback      from ./ringback-data
  PGPASSWORD=… ringback copy --from sqlite:/var/lib/ringback/ringback.db --to postgres://ringback@db/ringback
  ringback copy --from postgres://ringback@db/ringback --to sqlite:./ringback-data/ringback.db
  ringback copy --check --json --to postgres://ringback@db/ringback   compare, and copy nothing

Ends with 0 where both sides are the same, 1 where it could not be done, 2 for wrong arguments,
3 where the sides differ or the new one cannot be read with the sealing keys that are set.";

const DIFFERENT: u8 = 3;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CopyArguments {
    /// Where the rows are: sqlite:<path> or postgres://… [default: DATABASE_URL, or ringback.db in
    /// the data directory]
    #[arg(long, value_name = "URL", value_parser = database)]
    from: Option<Database>,
    /// Where they go: an empty database, or one to which this copy was begun
    ///
    /// Other users of this machine may see a password here, so PGPASSWORD is better.
    #[arg(long, value_name = "URL", value_parser = database)]
    to: Database,
    /// Copy nothing, and say whether both sides are the same
    #[arg(long)]
    check: bool,
    /// Print one object of JSON
    #[arg(long)]
    json: bool,
    /// Print nothing but the last line
    #[arg(long, conflicts_with = "json")]
    quiet: bool,
    /// How many rows a transaction moves at most
    #[arg(long, hide = true, default_value_t = ROWS_PER_READ_MAX, value_parser = value_parser!(u64).range(1..=ROWS_PER_READ_MAX))]
    rows_per_transaction: u64,
    /// Say so and hang before this commit, to be killed there
    #[arg(long, hide = true, value_name = "N")]
    hang_before_commit: Option<u64>,
}

pub(super) async fn copy(arguments: CopyArguments, config: Config) -> anyhow::Result<ExitCode> {
    let progress = Progress::unless(arguments.json || arguments.quiet);
    let order = order(&arguments, config.storage)?;
    let watch = |step: Step| {
        let doing = format!("{} {}", step.doing, step.table);
        progress.show(&doing, step.done, step.of);
    };
    let report = copy::copy(&order, &watch).await?;
    drop(progress);
    match arguments.json {
        true => println!("{}", words::json(&report)),
        false => print!("{}", words::text(&report, &order, arguments.quiet)),
    }
    Ok(match report.is_good() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(DIFFERENT),
    })
}

fn order(arguments: &CopyArguments, storage: StorageConfig) -> anyhow::Result<Order> {
    let keys = known_keys(&storage)?;
    let hang_at = arguments.hang_before_commit;
    Ok(Order {
        from: arguments.from.clone().unwrap_or(storage.database.clone()),
        to: arguments.to.clone(),
        seal: keys.as_ref().map(Seal::from_list).transpose()?,
        storage,
        manner: Manner {
            rows_per_transaction_max: arguments.rows_per_transaction,
            before_commit: Arc::new(move |commit| hang(hang_at == Some(commit))),
        },
        compares_only: arguments.check,
    })
}

/// A crash at a moment that can be chosen: whoever waits for the line kills us.
fn hang(hangs: bool) {
    if hangs {
        eprintln!("hanging before a commit");
        loop {
            thread::park();
        }
    }
}

fn database(text: &str) -> anyhow::Result<Database> {
    Database::parse(text).context("give sqlite:<path of a file> or postgres://user@host/database")
}
