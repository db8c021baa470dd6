//! What a tool's answer is to the assistant: one line of text, whatever came.
//!
//! Vapi takes no line breaks in a result. A text loses its own; anything else
//! is written as JSON, which has none. What went wrong is a sentence as well,
//! for the assistant to say or to act on; it tells nobody where the tool is.

use std::time::Duration;

use serde_json::Value;

use crate::infra::egress::FailureKind;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failing {
    Unsent,
    Unreachable(&'static str, String),
    Late,
    Status(u16),
    TooLong,
    NotJson,
}

impl Failing {
    pub fn of(kind: FailureKind, hint: String) -> Self {
        match kind.timed_out_in() {
            Some(_) => Self::Late,
            None => Self::Unreachable(kind.name(), hint),
        }
    }

    pub fn said_of(&self, name: &str, limit: Duration) -> String {
        match self {
            Self::Unsent | Self::Unreachable(..) => {
                format!("{name} cannot be reached just now.")
            }
            Self::Late => {
                let seconds = limit.as_secs_f64();
                format!("{name} did not answer within {seconds} seconds.")
            }
            Self::Status(status) => format!("{name} failed with status {status}."),
            Self::TooLong => format!("The answer of {name} is too long."),
            Self::NotJson => format!("The answer of {name} is not JSON."),
        }
    }
}

/// Reads a JSON answer, unwraps its `result` if it has one, and makes one line
/// of it. A tool that answers nothing has nothing to say: that is `null`.
pub(super) fn one_line(body: &[u8]) -> Result<String, Failing> {
    if body.trim_ascii().is_empty() {
        return Ok(Value::Null.to_string());
    }
    let answer = match serde_json::from_slice(body).map_err(|_| Failing::NotJson)? {
        Value::Object(mut fields) if fields.contains_key("result") => fields["result"].take(),
        whole => whole,
    };
    Ok(match answer {
        Value::String(text) => without_breaks(&text),
        other => other.to_string(),
    })
}

fn without_breaks(text: &str) -> String {
    let is_break = |c: char| matches!(c, '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let lines = text.split(is_break).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(body: &str) -> String {
        one_line(body.as_bytes()).unwrap()
    }

    #[test]
    fn a_result_is_unwrapped_and_anything_else_is_the_result() {
        assert_eq!(line(r#"{"result":"shipped"}"#), "shipped");
        assert_eq!(line(r#"{"result":{"a":[1,2]},"took":3}"#), r#"{"a":[1,2]}"#);
        assert_eq!(line(r#"{"result":null}"#), "null");
        assert_eq!(line(r#"{"order": "A-1"}"#), r#"{"order":"A-1"}"#);
        assert_eq!(line(r#""shipped""#), "shipped");
        assert_eq!(line("[1,\n 2]"), "[1,2]");
        assert_eq!(line(" 7 "), "7");
        assert_eq!(line(" \n"), "null");
    }

    #[test]
    fn it_is_one_line() {
        assert_eq!(
            line(r#""one\r\ntwo\n\nthree\u2028four""#),
            "one two three four"
        );
        assert_eq!(line(r#"{"text":"one\ntwo"}"#), r#"{"text":"one\ntwo"}"#);
    }

    #[test]
    fn what_is_not_json_is_said_so() {
        for body in [&b"<html>"[..], b"{", b"\xff", b"{} {}"] {
            assert_eq!(one_line(body), Err(Failing::NotJson));
        }
        assert_eq!(
            one_line("[".repeat(60_000).as_bytes()),
            Err(Failing::NotJson)
        );
    }

    #[test]
    fn a_failure_is_a_sentence() {
        let said = |failing: Failing| failing.said_of("lookup_order", Duration::from_millis(2_500));
        assert_eq!(
            said(Failing::Late),
            "lookup_order did not answer within 2.5 seconds."
        );
        assert_eq!(
            said(Failing::of(FailureKind::Dns, "no such name".to_owned())),
            "lookup_order cannot be reached just now."
        );
    }

    proptest! {
        #[test]
        fn no_answer_breaks_the_line(text in ".*", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let quoted = serde_json::to_vec(&text).unwrap();
            prop_assert!(one_line(&quoted).unwrap().lines().count() <= 1);
            let _ = one_line(&bytes);
        }
    }
}
