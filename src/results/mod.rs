//! Results: what a call brought, in the shape that pollers and subscribers read.
//!
//! `CallResult` is made anew from what is known of the call and what Vapi reported of it, so a
//! fuller report makes a fuller result, and a call without a report has one as well.

mod call_result;
pub mod kept;

pub use call_result::{Analysis, CallResult, Facts, Provider, Request, Status};
