//! Repeating a POST without making its thing twice.
//!
//! A caller that gets no answer sends the same request again with the same
//! `Idempotency-Key`, and gets the first answer. The answer is stored, sealed,
//! in the transaction that makes the thing, so there is no moment in which one
//! is there without the other: a crash leaves both or neither, and the repeat
//! finds out which. A second request that comes while the first still runs
//! waits for it at the key's row, on whichever replica it runs. Only success
//! is remembered; a refusal changed nothing, so it is judged again.

mod create;
mod once;
mod sweep;

pub use create::Create;
pub use sweep::{sweep, sweep_once};

use std::time::Duration;

/// How long an answer is remembered.
pub const REMEMBERED: Duration = Duration::from_secs(24 * 3_600);
