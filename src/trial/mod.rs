//! Trying it out: would a delivery arrive, and does its signature verify?
//!
//! ```text
//!   POST /test    target ──▶ send ──▶ all of it: request, times, answer, hint
//!                 where to, signed by whom
//!   POST /verify  verify ──▶ whether it verifies, and if not, which mistake was made
//! ```
//!
//! A trial is a delivery in everything but its consequences: the same headers
//! and signatures, the same addresses refused, the same time limit; but it is
//! sent once, counts for nothing and is not kept.

mod answered;
mod asked;
pub mod http;
mod judge;
mod limit;
mod send;
mod target;
mod try_out;
pub mod verify;

pub use self::{
    answered::TestedWebhook,
    asked::{GivenHeaders, TestWebhook, VerifySignature},
    judge::judge,
    limit::Limit,
    try_out::test,
};
