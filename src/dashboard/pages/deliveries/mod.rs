//! One delivery: what is sent, every attempt, and why it stands where it
//! stands; sending it again, and the command that reproduces it.

mod attempts;
mod one;

pub use one::{retry, show, sign};
