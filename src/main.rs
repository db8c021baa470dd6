//! Arguments, then the command they name.

use std::process::ExitCode;

use ringback::cli;

/// A server makes and drops many small things on many threads, at which the
/// system's own allocator is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Two TLS providers could be linked by way of dependencies; this one is ours.
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .ok();
    cli::run()
}
