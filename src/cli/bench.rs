//! `ringback bench`: the table on standard output, what is being done on standard error.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use reqwest::Url;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    bench::{self, Kind, Plan, Workload, null},
    config::{Config, Secret},
    infra::{egress::Egress, telemetry::Telemetry},
};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct BenchArguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Which benchmarks: B1 to B10 [default: all of them]
    #[arg(value_name = "NAME")]
    workloads: Vec<Workload>,
    /// About two minutes in all: one run of a second for each case, in place of five of three
    /// seconds, fewer cases, and 20,000 where there would be a million
    #[arg(long)]
    quick: bool,
    /// How many runs each case has
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    runs: Option<u16>,
    /// How long a run lasts
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<Duration>,
    /// Print JSON in place of a table
    #[arg(long)]
    json: bool,
    /// Write a drawing, too
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// What is measured
    #[arg(
        long,
        value_enum,
        value_name = "STORES",
        value_delimiter = ',',
        default_value = "null,sqlite,postgres"
    )]
    stores: Vec<StoreArgument>,
    /// A PostgreSQL server to measure on, with a user that may make databases; else one is started
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Where databases are made, which should be the disk that counts [default: the system's
    /// folder for what is temporary]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Sign each message, in place of sending a secret with it
    #[arg(long)]
    signed: bool,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Serve the null pipeline, until killed
    #[command(hide = true)]
    NullServer {
        /// A subscriber
        #[arg(long, value_name = "URL")]
        to: Vec<Url>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StoreArgument {
    /// The null pipeline
    Null,
    Sqlite,
    Postgres,
}

pub(super) async fn execute(arguments: BenchArguments) -> anyhow::Result<()> {
    if let Some(Part::NullServer { to }) = arguments.part {
        return serve_null(&super::settings()?, to).await;
    }
    let (json, svg) = (arguments.json, arguments.svg.clone());
    let progress = Arc::new(|what: &str| eprintln!("{what}"));
    let report = tokio::select! {
        report = bench::run(plan(arguments), progress) => report?,
        () = interrupted() => bail!("stopped before the end"),
    };
    if let Some(file) = svg {
        fs::write(&file, report.svg())
            .with_context(|| format!("{} cannot be written", file.display()))?;
    }
    match json {
        true => println!("{}", serde_json::to_string_pretty(&report)?),
        false => print!("{}", report.table()),
    }
    match report.failures() {
        0 => Ok(()),
        some => bail!("cases that broke off: {some}; the others stand"),
    }
}

fn plan(arguments: BenchArguments) -> Plan {
    let workloads = match arguments.workloads.is_empty() {
        true => Workload::ALL.to_vec(),
        false => arguments.workloads,
    };
    let plan = match arguments.quick {
        true => Plan::quick(workloads),
        false => Plan::thorough(workloads),
    };
    let stores = arguments.stores.into_iter().map(|store| match store {
        StoreArgument::Null => Kind::Null,
        StoreArgument::Sqlite => Kind::Sqlite,
        StoreArgument::Postgres => Kind::Postgres,
    });
    Plan {
        runs: arguments.runs.map_or(plan.runs, usize::from),
        run_for: arguments.seconds.unwrap_or(plan.run_for),
        stores: stores.collect(),
        database_url: arguments.database_url.map(Secret::new),
        folder: arguments.folder,
        signed: arguments.signed,
        ..plan
    }
}

async fn serve_null(config: &Config, to: Vec<Url>) -> anyhow::Result<()> {
    let telemetry = Telemetry::start(&config.telemetry, &Egress::new(&config.egress)?)?;
    let (server, address) = null::serve(config, to)?;
    println!("the null pipeline listens on http://{address}");
    server.await?;
    telemetry.stop().await;
    Ok(())
}

/// What was started must be stopped, so that even then the end is an orderly one.
async fn interrupted() {
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok();
    let in_range = seconds.filter(|seconds| (0.01..=3_600.0).contains(seconds));
    in_range
        .map(Duration::from_secs_f64)
        .ok_or("must be from 0.01 to 3600".to_owned())
}
