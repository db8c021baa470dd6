//! The service itself, as it is asked about: what it is, and how it is.

pub mod http;

use actix_web::web::Bytes;

/// The document as text, made once at the start.
pub struct DocumentJson(pub Bytes);
