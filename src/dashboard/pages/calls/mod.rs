//! Calls: which there are, one of them with all that is known of it, and placing one.

pub mod act;
pub mod list;
pub mod new;
pub mod one;
pub mod shown;
