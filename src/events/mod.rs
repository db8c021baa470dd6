//! What is told to subscribers: which events there are, and the bytes of each.
//!
//! `Kind` is the catalogue, a row for each event. `Payload` is one event as it is told; its
//! bytes are made once, sealed, signed and sent, and never made again, because a receiver may hash
//! them. `tail` reads the log of them, in order, for the live streams. `stable` is how those bytes are written, and everything else that must look the same to
//! whoever reads it in JavaScript.

pub mod http;
mod kind;
pub mod log;
mod payload;
pub mod rate;
mod remembered;
mod sample;
pub mod schema;
pub mod tail;
mod told;
mod wire;

pub use kind::{Entry, Kind, Sequence, UnknownKind};
pub use payload::{Payload, Subject, stable, status_word};
pub use remembered::Remembered;
pub use sample::sample;
pub use tail::{Cursor, Event, Feed, Tail};
pub use told::{OfCall, Told};
