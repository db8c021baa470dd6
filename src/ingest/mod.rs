//! What Vapi says, on its way in.

/// Whose address a request comes from.
pub mod peer;
