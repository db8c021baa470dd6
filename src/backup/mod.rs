//! A database put aside while it is used, and put back.
//!
//! ```text
//!   aside:  a snapshot under a name of its own ─▶ judged ─▶ synced ─▶ named
//!   back:   judged ─▶ the keys open it ─▶ what would ring twice is held ─▶ named
//! ```
//!
//! A backup is one file: an SQLite database, or what `pg_dump` writes. The
//! sealing keys are not in it, and without them most of it says nothing; they
//! are kept beside it only for who asks. A file has its name once it is whole
//! and on the disk, and nothing is ever written over.
//!
//! A backup is of a moment, and the world has gone on since. What was
//! delivered after it is delivered again, under the same ids, which receivers
//! know how to take. A telephone has no such ids, so `hold` sees to it that
//! nothing restored rings a second time.

mod aside;
mod back;
mod hold;
mod keys;
mod postgres;
mod programs;
mod watched;

use std::path::PathBuf;

pub use aside::put_aside;
pub use back::put_back;
pub use hold::Held;

/// Told how many bytes there are, and of how many, where that is known.
pub type Watch<'a> = &'a (dyn Fn(u64, Option<u64>) + Send + Sync);

/// A backup that is whole.
#[derive(Debug)]
pub struct Backup {
    pub file: PathBuf,
    pub bytes: u64,
    /// The folder with the keys, where they were asked for.
    pub keys: Option<PathBuf>,
}

/// A database that is back.
#[derive(Debug)]
pub struct Restored {
    /// Where it is, without a password.
    pub database: String,
    /// What is not done by itself; none where everything goes on as it was.
    pub held: Option<Held>,
    /// The secrets that came with it and were put in the data directory.
    pub secrets: Vec<&'static str>,
}
