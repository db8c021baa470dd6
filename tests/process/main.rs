//! What a whole process does: how it starts, what it says, how it ends; and
//! what the sources look like.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]

mod backup;
mod bench;
mod campaign;
#[path = "../chaos/mod.rs"]
mod chaos;
mod commands;
mod copy;
mod dashboard;
mod delivery;
mod deploy;
mod dev;
mod docs;
mod durable;
mod examples;
mod hostile;
mod kestra;
mod keys;
mod life;
mod listen;
mod placing;
mod settings;
mod simulate;
mod support;
mod telemetry;
#[path = "../tidy/mod.rs"]
mod tidy;
mod verify;
