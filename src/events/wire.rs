//! Events as they look in JSON.

mod ask;
mod catalogue;
mod list;

pub use ask::EventsQuery;
pub use catalogue::EventTypes;
pub use list::Events;
