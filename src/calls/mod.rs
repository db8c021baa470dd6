//! Calls: what is known of each, from whatever was said about it.
//!
//! A call's status moves forward only:
//!
//! ```text
//!   SCHEDULED ─▶ QUEUED ─▶ RINGING ─▶ IN_PROGRESS ─▶ FORWARDING ─┐
//!        └──────────┴─────────┴────────────┴───────────────────┴─▶ ENDED · FAILED · CANCELED · TIMEOUT
//! ```
//!
//! Any step may be missing, late, or come twice. `progress` decides what one
//! message changes, and what of it is to be told; it is pure. What identifies
//! a call and what its assistant was told is sealed in `details`; a number
//! is brought into one spelling by `phone`.

pub mod details;
pub mod phone;
pub mod progress;
