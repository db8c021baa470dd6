//! The product from outside: a real server on a real port, asked over HTTP,
//! on SQLite, and on PostgreSQL where `TEST_DATABASE_URL` names a server.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]

mod support;

mod auth;
mod calls;
mod campaigns;
mod dashboard;
mod delivery;
mod delivery_log;
mod edge;
mod events;
mod idempotency;
mod ingest;
mod listen;
mod live;
mod nonsense;
mod openapi;
mod payload;
mod results;
mod retention;
mod schedule;
mod schema;
mod service;
mod sessions;
mod simulate;
mod starting;
mod subscriptions;
mod tenancy;
mod tools;
mod trial;
