//! Sessions as they look in JSON.

mod said;
mod session;
mod summary;

pub use said::Messages;
pub use session::{ClaimSession, OneSession, Sessions};
pub use summary::{OneSummary, SummaryView};
