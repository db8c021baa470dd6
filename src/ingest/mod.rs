//! What Vapi says, on its way in.
//!
//! ```text
//!   peer ──▶ authenticate ──▶ limits
//!   who        is it Vapi?      does it come too often?
//!   asks
//! ```
//!
//! A webhook that proves where it comes from is never held back because
//! others, at the same address, did not.

/// Is it Vapi who speaks?
pub mod authenticate;
/// How often somebody may fail, and a session may speak.
pub mod limits;
/// Whose address a request comes from.
pub mod peer;
