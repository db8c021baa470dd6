//! **ringback** takes what Vapi says about voice calls, keeps it, and tells
//! everyone who asked, signed, in order, at least once.
//!
//! The way of a request, as far as the house stands:
//!
//! ```text
//!   edge ──▶ auth ──▶ a handler (*/http.rs) ──▶ its noun's verbs ──▶ infra::db
//!   id, span  who?      authorise, load, act,      rules, pure         one writer,
//!   log line            answer                                         owned transactions
//! ```
//!
//! The modules, from the outside in:

/// Commands: `serve`, `dev`, `migrate`, `key`, `openapi`, `simulate`, `listen`,
/// `assistant-config`, `verify`, `bench`, `copy`, `backup`, `restore`,
/// `completions`.
pub mod cli;

/// The whole system, measured from outside.
pub mod bench;

/// From one database to another: from SQLite to PostgreSQL, or back.
pub mod copy;

/// A database put aside while it is used, and put back.
pub mod backup;

/// Starting and stopping, in order.
pub mod run;

/// The document, collected from the routes.
pub mod openapi;

/// Every route on one screen.
pub mod router;

/// What all of this does, for people.
pub mod dashboard;

/// What is told, live, to whoever listens.
pub mod live;

/// What happens to every request before and after its handler.
pub mod edge;

/// Vapi to us: everything it says, authenticated, understood, kept once.
pub mod ingest;

/// Vapi's language: the only code that knows what its JSON looks like.
pub mod vapi;

/// Whom a call is with.
pub mod contact;

/// What is known of each call, how it moves on, and how it is placed.
pub mod calls;

/// Many calls, so many at a time.
pub mod campaigns;

/// What is counted of campaigns, as their calls move on.
pub mod tally;

/// Calls that are placed again and again, by a cron expression.
pub mod schedule;

/// What a call brought.
pub mod results;

/// A call as a mobile app sees it: what was said, and what it came to.
pub mod sessions;

/// The functions that an assistant may call, forwarded to their owners.
pub mod tools;

/// What subscribers are told: which events there are, and the bytes of each.
pub mod events;

/// Who is told what, and where.
pub mod subscriptions;

/// Us to subscribers: what is told is queued in their lanes, signed.
pub mod delivery;

/// Trying it out: a sample sent now, a signature judged.
pub mod trial;

/// Events, passed on to a receiver on a developer's own machine.
pub mod listen;

/// Vapi, played: whole calls for newcomers, tests and measurements.
pub mod simulate;

/// Who may enter, and whose data they may touch.
pub mod auth;

/// Repeating a POST without making its thing twice.
pub mod idempotency;

/// The running processes, a row each.
pub mod instances;

/// What is old goes.
pub mod retention;

/// What is counted and measured.
pub mod metrics;

/// The service itself: what it is, how it is.
pub mod service;

/// The parts that everything shares.
pub mod app;

/// Time, storage, sealing, the network, workers, telemetry.
pub mod infra;

/// Every setting, read once.
pub mod config;

/// The one error that a request can end with.
pub mod error;
