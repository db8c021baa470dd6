//! The pages, one a file: what each of them loads, and what it lets one do.

pub mod calls;
pub mod campaigns;
pub mod debugger;
pub mod deliveries;
pub mod error;
pub mod event;
pub mod keys;
pub mod live;
pub mod login;
pub mod overview;
pub mod schedules;
pub mod subscriptions;
pub mod tools;
