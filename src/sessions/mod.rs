//! Sessions: calls, as the app of the person who speaks in them sees them.
//!
//! A session has no table of its own. It is a call, known by Vapi's id or by ours, with what was
//! said in it, line by line, and what came of it.
//!
//! ```text
//!   the recorder ──▶ messages ◀── transcript      what a report repeats, pure
//!                        │
//!   the app ──▶ claim    └──▶ summary ◀── analysis   Vapi's, or what the lines show
//!               whose it is
//! ```
//!
//! Vapi knows nothing of our owners: a call that begins in somebody's browser or phone may name
//! none. So the app, which learns the call's id first, may `claim` it for its user.

mod analysis;
pub mod claim;
mod ended;
pub mod http;
pub mod messages;
pub mod store;
pub mod summary;
mod transcript;
mod wire;

pub use ended::{ended, summed_up};
pub use store::Session;
pub use transcript::Line;
