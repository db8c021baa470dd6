//! How deliveries go, in figures: for the dashboard.
//!
//! `flow` adds up what settling has counted minute by minute, and `standing`
//! looks at what is there just now; `past` remembers what is over. Neither reads a delivery, so neither cares
//! how many there are.

mod arrival;
mod flow;
mod past;
mod standing;

pub use arrival::{Arrivals, Within};
pub use flow::{Flow, Span, arrivals, flow};
pub use past::Past;
pub use standing::{States, Troubled, WAITING_MAX, Waiting, states, troubled, waiting};
