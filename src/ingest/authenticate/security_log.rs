//! One line for each webhook that was refused, and a count by reason.
//!
//! It says what is needed to see which credential Vapi was given by mistake:
//! the *names* of the headers, never what they hold.

use actix_web::http::header::HeaderMap;

use super::{Mode, Refused};
use crate::infra::peer::Peer;

const NAMES_MAX: usize = 64;
const NAME_CHARS_MAX: usize = 64;

pub fn security_log(refused: &Refused, headers: &HeaderMap, peer: Peer, body_bytes: usize) {
    let reason = refused.reason.name();
    let modes: Vec<_> = refused
        .modes_tried
        .iter()
        .copied()
        .map(Mode::name)
        .collect();
    tracing::warn!(
        reason,
        modes = modes.join(" "),
        headers = names(headers).join(" "),
        %peer,
        body_bytes,
        "a webhook was refused"
    );
    metrics::counter!("ringback_ingest_refused_total", "reason" => reason).increment(1);
}

/// Sorted, so that two lines can be compared, and no more than a person reads.
fn names(headers: &HeaderMap) -> Vec<&str> {
    let mut names: Vec<_> = headers
        .keys()
        .map(|name| shortened(name.as_str()))
        .collect();
    names.sort_unstable();
    names.truncate(NAMES_MAX);
    names
}

fn shortened(name: &str) -> &str {
    name.get(..NAME_CHARS_MAX).unwrap_or(name)
}
