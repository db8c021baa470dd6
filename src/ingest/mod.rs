//! What Vapi says, on its way in.

/// Is it Vapi who speaks?
pub mod authenticate;
/// Whose address a request comes from.
pub mod peer;
