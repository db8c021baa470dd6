//! The programs in `examples/`, each started and delivered to.
//!
//! Where a language is missing on this machine, its test says so and is over. Those of Node and
//! Python are found by the variables that `scripts/test` sets.

mod browser;
mod program;
mod receivers;
mod tools;

pub use program::interpreter_of as interpreter;
