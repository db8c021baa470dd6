//! Vapi, played: whole calls, as Vapi would send them.
//!
//! ```text
//!   seed ──▶ dice ──▶ story ─────▶ stage ─────────▶ mishap ────────▶ script ──▶ player
//!                     who ends     cast, talk,      lost order,      steps,     one call's steps in
//!                     how          history, report  copies           and what   turn, calls side by
//!                                                                    must come  side; each one signed
//!                                                                    of them
//! ```
//!
//! For a newcomer it is the first thing that happens, for tests it is a model, and for measurements
//! a load. So a script is pure: it follows from a seed and a number, to the byte. Beside its steps
//! stands what the call must come to, whatever befalls them on the way, and it does not ask the
//! rules that are to be tested by it. Nothing here reads Vapi's JSON, it only writes it.
//!
//! Where calls are placed, `StandIn` is Vapi's other half: it takes them, and plays them.
//!
//! The messages are as odd as Vapi's own: results beside the call and not in it, a call that says
//! `queued` for ever, times in fractions, roles by other names, arguments now as an object and now
//! as a text, types that nobody knows, and credentials where none should be. The latter are made
//! up and marked.

mod cast;
mod dice;
mod history;
mod mishap;
mod player;
mod report;
mod script;
mod sign;
mod stage;
mod stand_in;
mod story;
mod talk;
mod tally;

pub use cast::SECRET_MARK;
pub use mishap::Mishap;
pub use player::{Player, Run, Unreachable};
pub use script::{Expected, Script};
pub use sign::Proof;
pub use stage::Step;
pub use stand_in::{Mischief, Part, Rule, StandIn};
pub use story::Story;
pub use talk::Speaker;
pub use tally::Tally;
