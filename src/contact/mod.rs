//! Whom a call is with: who they are, and their number in the one spelling in
//! which numbers are compared; by which names the call is found; and how to read
//! what was said of it.
//!
//! Calls, their results, sessions and those who record them all need it, and
//! it needs none of them.

pub mod details;
pub mod logged;
pub mod named;
pub mod phone;
