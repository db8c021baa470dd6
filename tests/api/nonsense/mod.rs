//! Nonsense, in bulk: whatever strangers send, we answer it as we said we would.
//!
//! Everything here is made by chance and can be made again: a failure prints the seed and the input.
//! `NONSENSE_SEED` sets another one, `NONSENSE_FACTOR` does so many times more.

mod api;
mod chance;
mod conforms;
mod document;
mod mutate;
mod parsers;
mod request;
mod targets;
mod values;

use chance::Chance;

const SEED: u64 = 20_260_105;

#[expect(clippy::disallowed_methods, reason = "the tests' own settings")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The chance of one test: the same at each run, and another for each test.
#[expect(
    clippy::print_stderr,
    reason = "a failure is played again from its seed"
)]
fn chance(name: &str) -> Chance {
    let seed = setting("NONSENSE_SEED").unwrap_or(SEED);
    eprintln!("{name}: NONSENSE_SEED={seed}");
    Chance::new(seed, name)
}

fn many(count: usize) -> usize {
    let factor = setting("NONSENSE_FACTOR").unwrap_or(1);
    count * usize::try_from(factor).unwrap_or(1)
}
