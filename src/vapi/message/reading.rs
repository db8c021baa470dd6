//! Reading values that may be anything, and of which each may stand in several places.
//!
//! A reader asks for the first of its places that holds what it can use. What is absent, empty, or
//! of another type than expected, is passed over.

use chrono::{DateTime, NaiveDateTime};
use serde_json::Value;

/// Below this, a number of a time counts seconds: as milliseconds it would lie in 1973.
const SECONDS_BELOW: f64 = 1e11;
/// The end of the year 9999.
const MILLIS_MAX: f64 = 253_402_300_799_999.0;

/// What follows `path`, as in `artifact.recording.mono`, from `value` on.
pub fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.')
        .try_fold(value, |value, name| value.get(name))
}

pub fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.trim().is_empty())
}

/// A time, in epoch milliseconds: a number of them, with or without a fraction, or a text.
pub fn millis(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => millis_of_number(number.as_f64()?),
        Value::String(text) => millis_of_text(text.trim()),
        _ => None,
    }
}

fn millis_of_number(number: f64) -> Option<i64> {
    let millis = match number < SECONDS_BELOW {
        true => number * 1000.0,
        false => number,
    };
    // A fraction of a millisecond is cut off.
    (0.0..=MILLIS_MAX)
        .contains(&millis)
        .then_some(millis as i64)
}

/// RFC 3339, the same without an offset (which is UTC then), or the digits of a number.
fn millis_of_text(text: &str) -> Option<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_millis());
    }
    if let Ok(time) = text.parse::<NaiveDateTime>() {
        return Some(time.and_utc().timestamp_millis());
    }
    millis_of_number(text.parse().ok()?)
}

/// A text that a column can hold: PostgreSQL has no NUL in texts, and what is longer than
/// `chars_max` is cut.
pub fn storable(text: &str, chars_max: usize) -> String {
    let chars = text.chars().take(chars_max);
    chars
        .map(|char| {
            if char == '\0' {
                char::REPLACEMENT_CHARACTER
            } else {
                char
            }
        })
        .collect()
}

/// An id, which is not an id any more once it is cut: one that is too long is none. Whole numbers
/// are ids as well.
pub fn id(value: &Value, chars_max: usize) -> Option<String> {
    let id = match value {
        Value::String(_) => text(value)?.to_owned(),
        Value::Number(number) if !number.is_f64() => number.to_string(),
        _ => return None,
    };
    (id.chars().count() <= chars_max).then(|| storable(&id, chars_max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_time_may_be_written_in_many_ways() {
        for written in [
            json!(1_763_567_291_544_i64),
            json!(1_763_567_291_544.9),
            json!(1_763_567_291.544),
            json!("1763567291544"),
            json!("2025-11-19T15:48:11.544Z"),
            json!("2025-11-19T16:48:11.544+01:00"),
            json!("2025-11-19T15:48:11.544"),
        ] {
            assert_eq!(millis(&written), Some(1_763_567_291_544), "{written}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for written in [
            json!(null),
            json!(true),
            json!([]),
            json!(-1),
            json!(1e18),
            json!(u64::MAX),
            json!(""),
            json!("soon"),
            json!("NaN"),
            json!("inf"),
            json!("2025-13-01T00:00:00Z"),
        ] {
            assert_eq!(millis(&written), None, "{written}");
        }
    }

    #[test]
    fn a_column_can_hold_it() {
        assert_eq!(storable("a\0b", 10), "a\u{fffd}b");
        assert_eq!(storable("äöü", 2), "äö");
        assert_eq!(id(&json!("äö"), 2).as_deref(), Some("äö"));
        assert_eq!(id(&json!(42), 2).as_deref(), Some("42"));
        for none in [json!("abc"), json!(" "), json!(4.2), json!(null), json!({})] {
            assert_eq!(id(&none, 2), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(written in any::<String>(), number in any::<f64>()) {
            millis(&json!(written));
            millis(&json!(number));
            prop_assert!(!storable(&written, 20).contains('\0'));
        }
    }
}
