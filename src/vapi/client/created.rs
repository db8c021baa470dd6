//! What Vapi's answer to a new call means.
//!
//! The question behind all of it: may the call be placed again? Only where Vapi has said no. That
//! all of an account's lines are in use it says in four ways: with a status of its own (429), in
//! words (400), by a call that it has ended already, or not at all, where the call just waits. The
//! third has an id, and news of it will come, so it is that call which has failed; the fourth is
//! a call like another.

use std::time::Duration;

use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use serde_json::Value;

use super::CallAtVapi;

const TEXT_CHARS_MAX: usize = 500;
const NO_LINE_FREE: [&str; 2] = ["over concurrency limit", "concurrency-limit-reached"];

pub enum Created {
    Accepted(CallAtVapi),
    /// It was made, and ended at once because all lines were in use.
    Crowded(CallAtVapi),
    /// Not now: nothing was made.
    Busy {
        retry_after: Option<Duration>,
    },
    /// Not like this: nothing was made.
    Rejected {
        text: String,
        field: Option<String>,
    },
    Unauthorized,
    PaymentRequired,
    /// Nobody knows whether a call was made; what is known is in words.
    Ambiguous(String),
}

/// Reads the answer to `POST /call`.
pub fn created(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Created {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    match status.as_u16() {
        200..=299 => made(&body, status),
        401 | 403 => Created::Unauthorized,
        402 => Created::PaymentRequired,
        429 => Created::Busy {
            retry_after: retry_after(headers),
        },
        408 => Created::Ambiguous(format!("Vapi answered {status}")),
        300..=499 => refused(status, headers, &body),
        _ => Created::Ambiguous(format!("Vapi answered {status}")),
    }
}

/// A batch of one may be accepted as a batch, and refused inside.
fn made(body: &Value, status: StatusCode) -> Created {
    let call = body.pointer("/results/0").unwrap_or(body);
    let refusal = body.pointer("/errors/0/error").and_then(Value::as_str);
    match (CallAtVapi::of(call), refusal) {
        (Some(call), _) if call.has_ended() && ended_for_want_of_a_line(&call) => {
            Created::Crowded(call)
        }
        (Some(call), _) => Created::Accepted(call),
        (None, Some(text)) if names_the_limit(text) => Created::Busy { retry_after: None },
        (None, Some(text)) => rejected(text.to_owned()),
        (None, None) if is_blocked(body) => Created::Busy { retry_after: None },
        (None, None) => Created::Ambiguous(format!("Vapi answered {status} without a call")),
    }
}

fn ended_for_want_of_a_line(call: &CallAtVapi) -> bool {
    call.is_blocked || call.ended_reason.as_deref().is_some_and(names_the_limit)
}

fn is_blocked(body: &Value) -> bool {
    body.pointer("/subscriptionLimits/concurrencyBlocked") == Some(&Value::Bool(true))
}

fn refused(status: StatusCode, headers: &HeaderMap, body: &Value) -> Created {
    let text = match &body["message"] {
        Value::String(text) => text.clone(),
        Value::Array(texts) => {
            let texts: Vec<_> = texts.iter().filter_map(Value::as_str).collect();
            texts.join("; ")
        }
        _ => format!("Vapi answered {status}"),
    };
    match names_the_limit(&text) {
        true => Created::Busy {
            retry_after: retry_after(headers),
        },
        false => rejected(text),
    }
}

fn names_the_limit(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    NO_LINE_FREE.iter().any(|words| text.contains(words))
}

fn rejected(text: String) -> Created {
    let field = field(&text);
    Created::Rejected {
        text: text.chars().take(TEXT_CHARS_MAX).collect(),
        field,
    }
}

/// Vapi begins with the field, `customer.number must be …`, or says `property x should not exist`.
fn field(text: &str) -> Option<String> {
    let first = text.strip_prefix("property ").unwrap_or(text);
    let (word, rest) = first.split_once(' ')?;
    let is_path = |c: char| c.is_ascii_alphanumeric() || "._[]".contains(c);
    let is_about_it = ["must ", "should ", "is ", "has "]
        .iter()
        .any(|verb| rest.starts_with(verb));
    (is_about_it && word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(is_path))
        .then(|| word.to_owned())
}

/// A date would be as good; Vapi sends seconds if anything.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse();
    seconds.ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(status: u16, body: &Value) -> String {
        let headers = [(RETRY_AFTER, "7".parse().unwrap())].into_iter().collect();
        let status = StatusCode::from_u16(status).unwrap();
        match created(status, &headers, body.to_string().as_bytes()) {
            Created::Accepted(call) => format!("accepted {}", call.id),
            Created::Crowded(call) => format!("crowded {}", call.id),
            Created::Busy { retry_after } => {
                format!("busy {}", retry_after.map_or(0, |after| after.as_secs()))
            }
            Created::Rejected { text, field } => {
                format!("rejected {}: {text}", field.unwrap_or_default())
            }
            Created::Unauthorized => "unauthorized".to_owned(),
            Created::PaymentRequired => "payment".to_owned(),
            Created::Ambiguous(_) => "ambiguous".to_owned(),
        }
    }

    #[test]
    fn a_call_is_accepted_alone_or_in_a_batch() {
        assert_eq!(
            said(201, &json!({"id": "c", "status": "queued"})),
            "accepted c"
        );
        assert_eq!(
            said(201, &json!({"results": [{"id": "c"}], "errors": []})),
            "accepted c"
        );
        let waits = json!({"id": "c", "status": "queued", "subscriptionLimits": {"concurrencyBlocked": true}});
        assert_eq!(said(201, &waits), "accepted c");
    }

    #[test]
    fn that_no_line_is_free_is_understood_in_each_way_of_saying_it() {
        assert_eq!(said(429, &json!({})), "busy 7");
        assert_eq!(
            said(400, &json!({"message": "Over Concurrency Limit"})),
            "busy 7"
        );
        let blocked = json!({"subscriptionLimits": {"concurrencyBlocked": true}});
        assert_eq!(said(201, &blocked), "busy 0");
        let in_batch = json!({"results": [], "errors": [{"error": "Over Concurrency Limit"}]});
        assert_eq!(said(201, &in_batch), "busy 0");
        let ended = json!({"id": "c", "status": "ended",
            "endedReason": "call.start.error-subscription-concurrency-limit-reached"});
        assert_eq!(said(201, &ended), "crowded c");
    }

    #[test]
    fn a_refusal_keeps_its_words_and_names_its_field() {
        let body = json!({"statusCode": 400, "error": "Bad Request",
            "message": ["customer.number must be a valid phone number", "name is too long"]});
        assert_eq!(
            said(400, &body),
            "rejected customer.number: customer.number must be a valid phone number; name is too long"
        );
        let body = json!({"message": "property metadata2 should not exist"});
        assert_eq!(
            said(400, &body),
            "rejected metadata2: property metadata2 should not exist"
        );
        assert_eq!(
            said(404, &json!({"message": "Not Found"})),
            "rejected : Not Found"
        );
        assert_eq!(
            said(302, &json!(null)),
            "rejected : Vapi answered 302 Found"
        );
    }

    #[test]
    fn what_may_have_been_placed_is_never_taken_for_a_refusal() {
        for status in [408, 500, 502, 503, 504] {
            assert_eq!(
                said(status, &json!({"message": "x"})),
                "ambiguous",
                "{status}"
            );
        }
        assert_eq!(said(201, &json!("what?")), "ambiguous");
        assert_eq!(said(200, &json!({})), "ambiguous");
    }

    #[test]
    fn money_and_keys_are_the_operators() {
        assert_eq!(said(401, &json!({})), "unauthorized");
        assert_eq!(said(403, &json!({})), "unauthorized");
        assert_eq!(said(402, &json!({})), "payment");
    }
}
