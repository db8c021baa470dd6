//! Arguments, then the command they name.

use std::process::ExitCode;

use ringback::cli;

#[tokio::main]
async fn main() -> ExitCode {
    // Two TLS providers could be linked by way of dependencies; this one is ours.
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .ok();
    cli::run().await
}
