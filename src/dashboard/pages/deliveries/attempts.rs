//! The attempts of a delivery on a timeline, each with where its time went.

use crate::{
    dashboard::{
        json::pretty,
        timing::{Part, in_words, parts},
    },
    delivery::log::{
        read::Tried,
        status::{DELIVERED, DROPPED},
    },
    infra::clock::Millis,
};

/// One attempt, or the end of a delivery that was not tried.
pub struct Attempt {
    /// Its number; none for an end without an attempt.
    pub number: Option<i16>,
    pub at: Millis,
    /// `delivered`, `dropped` or `failed`: by which it is coloured.
    pub state: &'static str,
    /// `delivered`, or the kind of the failure.
    pub outcome: String,
    pub status_code: Option<i16>,
    pub took: String,
    pub parts: Vec<Part>,
    /// What a person should look at.
    pub hint: Option<String>,
    /// The beginning of the answer's body.
    pub response: Option<String>,
}

impl Attempt {
    /// The colour of how it went.
    pub fn tone(&self) -> &'static str {
        match self.state {
            DELIVERED => "good",
            _ => "bad",
        }
    }

    pub fn of(tried: Tried) -> Self {
        let row = tried.row;
        let millis = |micros: Option<i32>| micros.map(|micros| f64::from(micros) / 1_000.0);
        let times = [row.dns_us, row.connect_us, row.tls_us, row.first_byte_us].map(millis);
        let total = row.duration_ms.map(f64::from);
        let text = |bytes: Vec<u8>| pretty(&String::from_utf8_lossy(&bytes));
        Self {
            number: row.attempt,
            at: row.created_at,
            state: match row.outcome.as_str() {
                DELIVERED => DELIVERED,
                DROPPED => DROPPED,
                _ => "failed",
            },
            outcome: row.outcome,
            status_code: row.status_code,
            took: total.map_or(String::new(), in_words),
            parts: total.map_or(Vec::new(), |total| parts(times, total)),
            hint: row.error,
            response: tried.response.map(text),
        }
    }
}
