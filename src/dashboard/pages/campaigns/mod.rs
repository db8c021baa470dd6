//! Campaigns: which there are, how far one has come, and letting it go on or not.

pub mod act;
pub mod list;
pub mod one;
mod shown;
