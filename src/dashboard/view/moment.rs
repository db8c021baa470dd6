//! Moments and spans of time.
//!
//! The server writes them in UTC, exactly on hover; a script rewrites them
//! into the viewer's zone.

use std::fmt;

use askama::filters::HtmlSafe;
use chrono::DateTime;

use crate::infra::clock::{Millis, rfc3339};

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60 * SECOND;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;

/// A moment, as day and time.
#[derive(Clone, Copy, Debug)]
pub struct When(pub Millis);

/// A moment of today, as hours and minutes.
#[derive(Clone, Copy, Debug)]
pub struct Clock(pub Millis);

/// A moment, as how long ago it was, or how soon it comes.
#[derive(Clone, Copy, Debug)]
pub struct Ago {
    pub at: Millis,
    pub now: Millis,
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = DateTime::from_timestamp_millis(self.0).unwrap_or_default();
        let text = time.format("%-d %b %Y, %H:%M:%S UTC");
        tag(f, self.0, "full", &text)
    }
}

impl Clock {
    /// In UTC, and nothing around it.
    pub fn plain(self) -> String {
        let time = DateTime::from_timestamp_millis(self.0).unwrap_or_default();
        time.format("%H:%M").to_string()
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tag(f, self.0, "minute", &self.plain())
    }
}

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.now - self.at {
            passed if passed >= SECOND => format!("{} ago", lasting(passed)),
            passed if passed <= -SECOND => format!("in {}", lasting(-passed)),
            _ => "just now".to_owned(),
        };
        tag(f, self.at, "ago", &text)
    }
}

fn tag(
    f: &mut fmt::Formatter<'_>,
    at: Millis,
    manner: &str,
    text: &impl fmt::Display,
) -> fmt::Result {
    let exact = rfc3339(at);
    write!(
        f,
        r#"<time datetime="{exact}" title="{exact}" data-time="{manner}">{text}</time>"#
    )
}

// They write nothing but numbers and words of ours.
impl HtmlSafe for When {}
impl HtmlSafe for Clock {}
impl HtmlSafe for Ago {}

/// A span of time, as people say it: its two largest units.
pub fn lasting(span: Millis) -> String {
    let (larger, smaller) = match span {
        span if span < SECOND => return format!("{} ms", span.max(0)),
        span if span < MINUTE => return format!("{} s", span / SECOND),
        span if span < HOUR => ((span / MINUTE, "min"), (span % MINUTE / SECOND, "s")),
        span if span < DAY => ((span / HOUR, "h"), (span % HOUR / MINUTE, "min")),
        _ => ((span / DAY, "d"), (span % DAY / HOUR, "h")),
    };
    match smaller.0 {
        0 => format!("{} {}", larger.0, larger.1),
        rest => format!("{} {} {rest} {}", larger.0, larger.1, smaller.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_said_in_its_two_largest_units() {
        for (span, said) in [
            (-1, "0 ms"),
            (999, "999 ms"),
            (1_000, "1 s"),
            (90 * SECOND, "1 min 30 s"),
            (2 * HOUR, "2 h"),
            (HOUR + 59 * MINUTE + 59 * SECOND, "1 h 59 min"),
            (3 * DAY + 5 * HOUR, "3 d 5 h"),
        ] {
            assert_eq!(lasting(span), said);
        }
    }

    #[test]
    fn a_moment_is_exact_to_machines_and_readable_to_people() {
        let at = 1_767_603_600_123;
        assert_eq!(
            When(at).to_string(),
            "<time datetime=\"2026-01-05T09:00:00.123Z\" title=\"2026-01-05T09:00:00.123Z\" \
             data-time=\"full\">5 Jan 2026, 09:00:00 UTC</time>"
        );
        let said = |now: Millis| Ago { at, now }.to_string();
        assert!(said(at + 5 * SECOND).contains(">5 s ago<"));
        assert!(said(at - MINUTE).contains(">in 1 min<"));
        assert!(said(at + 1).contains(">just now<"));
    }
}
