//! Events for a developer whose receiver has no public address.
//!
//! ```text
//!   a server's stream ──▶ wire ──▶ frames ──▶ relay ──▶ a receiver on this machine
//!                         comes     what of    signed as
//!                         back by   it is an   a delivery
//!                         itself    event      is
//! ```
//!
//! What comes over the stream are the bytes that deliveries carry, so that a receiver here gets what
//! it will get one day, signed with a secret of its own. One event at a time, in the order of the
//! log, each once: this is to look at, and a receiver that fails here fails in front of somebody.

mod frames;
mod relay;
mod wire;

pub use self::{
    relay::{Relay, SigningSecret},
    wire::{Asked, News, Wire},
};

use bytes::Bytes;
use serde::Deserialize;

/// An event as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub id: String,
    pub kind: String,
    pub payload: Bytes,
}

/// What a line about it says of its call.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Subject {
    #[serde(rename = "callId")]
    pub call_id: Option<String>,
    pub status: Option<String>,
}

impl Heard {
    /// Some kinds have no call, and what is not understood is still passed on.
    pub fn subject(&self) -> Subject {
        serde_json::from_slice(&self.payload).unwrap_or_default()
    }
}
