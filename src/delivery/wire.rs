//! Deliveries as they look in JSON.

mod ask;
mod explain;
mod full;
mod line;

pub use ask::{DeliveriesQuery, Replayed, StartReplay, WhichDeliveries};
pub use explain::Explanations;
pub use full::OneDelivery;
pub use line::Deliveries;
