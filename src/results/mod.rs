//! Results: what a call brought, in the shape that pollers and subscribers read.
//!
//! `CallResult` is made anew from what is known of the call and what Vapi reported of it, so a
//! fuller report makes a fuller result, and a call without a report has one as well, once it was
//! given the time for it (`ready`). What was reported stands in the log of what Vapi said: the call
//! says where (`kept`), and it is read from there (`reported`).
//!
//! ```text
//!   http ──▶ desk ──▶ cache    finished answers, in memory or in Redis
//!             │  └──▶ flight   one look at the database for all who ask at once
//!             └─────▶ wait     held until there is a result
//!                      ▲
//!   the log, the hub ──┴ follow: what is kept goes out of date, who waits is woken
//! ```
//!
//! **Waiting is not polling.** Scripts that used to ask sixty times ask once, and are answered at
//! the commit that brings the result. **The database is the truth**: what is kept of it may be lost
//! at any time, and is never newer. A result that is dismissed stays so on every replica.

mod cache;
mod call_result;
mod desk;
mod flight;
mod follow;
pub mod http;
pub mod kept;
mod ready;
mod record;
pub mod reported;
mod store;
mod wait;
mod wire;

pub use call_result::{Analysis, CallResult, Facts, Provider, Request, Status};
pub use desk::{Desk, result_of};
