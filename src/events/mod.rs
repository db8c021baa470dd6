//! What is told to subscribers: which events there are, and the bytes of each.
//!
//! `Kind` is the catalogue, a row for each event. `Payload` is one event as it is told; its
//! bytes are made once, sealed, signed and sent, and never made again, because a receiver may hash
//! them. `stable` is how those bytes are written, and everything else that must look the same to
//! whoever reads it in JavaScript.

mod kind;
mod payload;

pub use kind::{Entry, Kind, Sequence, UnknownKind};
pub use payload::{Payload, Subject, stable, status_word};
