//! Leaves in the binary which commit it was built from, and that commit's time.
//!
//! Both can be given from outside, for sources that came without their history: `RINGBACK_COMMIT`,
//! and in seconds `RINGBACK_COMMITTED_AT` or, as all the world calls it, `SOURCE_DATE_EPOCH`. That
//! one makes every C library among the dependencies be built anew when it changes. Only builds for release carry them; any other would be built
//! anew after every commit.

#![expect(
    clippy::disallowed_methods,
    reason = "a build is told by variables what it is"
)]

use std::{env, process::Command};

const COMMIT: &str = "RINGBACK_COMMIT";
const COMMITTED_AT: &str = "RINGBACK_COMMITTED_AT";
const EPOCH: &str = "SOURCE_DATE_EPOCH";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for name in [COMMIT, COMMITTED_AT, EPOCH] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    if env::var("PROFILE").as_deref() != Ok("release") {
        return;
    }
    // The log of HEAD grows with every commit and every checkout.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
    leave(
        "RINGBACK_BUILT_FROM",
        given(COMMIT).or_else(|| git(&["rev-parse", "HEAD"])),
    );
    leave(
        "RINGBACK_BUILT_AT",
        given(COMMITTED_AT)
            .or_else(|| given(EPOCH))
            .or_else(|| git(&["log", "-1", "--format=%ct"])),
    );
}

fn leave(name: &str, value: Option<String>) {
    if let Some(value) = value {
        println!("cargo::rustc-env={name}={value}");
    }
}

fn given(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The answer of git, where there is one, in one line.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}
