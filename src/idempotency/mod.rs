//! Repeating a POST without making its thing twice.
//!
//! A caller that gets no answer sends the same request again with the same
//! `Idempotency-Key`, and gets the first answer. The answer is stored, sealed,
//! in the transaction that makes the thing, so there is no moment in which one
//! is there without the other: a crash leaves both or neither, and the repeat
//! finds out which. A second request that comes while the first still runs
//! waits for it at the key's row, on whichever replica it runs. Only success
//! is remembered; a refusal changed nothing, so it is judged again.
//!
//! What is too long for one transaction is done in steps: the key is taken
//! first and the answer kept last. Whoever repeats it meanwhile is told to ask
//! again, and a key that was left behind by a crash is free after some minutes.
//!
//! Where making the thing takes longer than a transaction may, for somebody
//! else is asked, the first transaction leaves a note in the answer's place
//! and a ticket to put the answer there; who repeats the request meanwhile
//! gets the note, and knows by it what to wait for. If it waits in vain, it
//! forgets the note and is judged for itself. A ticket is good for its own note
//! alone, so that who comes late does not forget what was made anew.

mod create;
mod form;
mod once;
mod steps;
mod sweep;

pub use create::{Bare, Create, is_repeated};
pub use form::Sent;
pub use once::{Answer, Begun, Ticket};
pub use sweep::{sweep, sweep_once};

use std::time::Duration;

/// How long an answer is remembered.
pub const REMEMBERED: Duration = Duration::from_secs(24 * 3_600);
