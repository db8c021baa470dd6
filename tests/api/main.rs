//! The product from outside: a real server on a real port, asked over HTTP,
//! on SQLite, and on PostgreSQL where `TEST_DATABASE_URL` names a server.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]

mod support;

mod auth;
mod edge;
mod idempotency;
mod ingest;
mod openapi;
mod payload;
mod schema;
mod service;
mod sessions;
mod simulate;
mod tenancy;
mod tools;
