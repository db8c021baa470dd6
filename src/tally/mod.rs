//! Counting the calls of campaigns, in the transactions that move them.
//!
//! Each call of a campaign is in exactly one of four counts:
//!
//! ```text
//!   joined ──▶ queued ──placed──▶ active ──▶ completed: it ended well
//!                ▲ │                │ │
//!                │ │                │ └────▶ failed: it ended otherwise
//!                └─┼── all lines ───┘
//!                  └── canceled before it was placed ──▶ failed
//! ```
//!
//! A count moves in the transaction that moves the call, as its last lock, by one statement that
//! gives the row back as it is then. So nothing is counted twice, whatever comes twice or late; and
//! whoever counts the last call out finds that nothing is queued and nothing active, and completes
//! the campaign there and then, which can happen only once.

mod change;
mod count;
mod join;
mod news;
pub mod pace;
mod progress;

pub use self::{
    change::{Change, Stood, Tally},
    count::slow_down,
    join::{hold, may_join},
    news::end_if_done,
    progress::{Progress, eta, is_done},
};
