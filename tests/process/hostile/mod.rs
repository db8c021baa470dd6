//! The real binary among people who mean it no good: what they cost it, whom it believes, and what
//! its log makes of their words.

mod http2;
mod log;
mod memory;
mod tls;
