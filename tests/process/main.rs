//! What a whole process does: how it starts, what it says, how it ends; and
//! what the sources look like.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]

mod bench;
mod delivery;
mod durable;
mod keys;
mod life;
mod settings;
mod simulate;
mod support;
mod telemetry;
#[path = "../tidy/mod.rs"]
mod tidy;
mod verify;
