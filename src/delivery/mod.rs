//! Us to them: a delivery is one event, told to one subscriber.
//!
//! It is a POST whose headers say what it is and prove whom it is from, and
//! whose body is the event, byte for byte the same at every attempt. The
//! headers are made anew each time, for one of the two signatures is over the
//! moment too, so that a receiver may refuse what was recorded and is played
//! back. What carries it there, to public addresses alone, is `infra::egress`.
//!
//! ```text
//!   event ──▶ sign ──▶ egress::send ──▶ an outcome: answered, or failed and why
//! ```

pub mod sign;
