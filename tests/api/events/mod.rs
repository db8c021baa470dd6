//! What was told, what can be told, and why somebody was told or not.

mod catalogue;
mod explaining;
mod listing;

const EVENTS: &str = "/api/v6/call/webhook/events";
