//! Whom a call is with: who they are, and their number in the one spelling in
//! which numbers are compared; and by which names the call is found.
//!
//! Calls, their results, sessions and those who record them all need it, and
//! it needs none of them.

pub mod details;
pub mod named;
pub mod phone;
