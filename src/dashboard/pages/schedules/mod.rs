//! Schedules: which there are, one of them with its runs, and making one.

pub mod act;
pub mod list;
pub mod new;
pub mod one;
mod shown;
