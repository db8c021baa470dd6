//! From bytes to JSON, as JavaScript would read it.
//!
//! Vapi is written in JavaScript, and so are most receivers. Two things that JavaScript writes have
//! no place in a [`Value`], and neither is a reason to lose the event:
//!
//! - **half a surrogate pair**, `\ud83d`, left over where a text was cut inside an emoji, as happens
//!   to the pieces of a live transcript. It is read as U+FFFD, as every browser would show it;
//! - **a number that no double holds**: an integer beyond 2^53, of which JavaScript would lose the
//!   last digits, or anything beyond 10^308. It is read as a string of its digits, so that whoever
//!   is shown it, here or later, is shown all of it.

use serde_json::{Value, value::RawValue};

const REPLACEMENT: &str = r"\ufffd";
/// `\ud83d`: the length of an escaped code unit.
const ESCAPE_BYTES: usize = 6;
/// JavaScript's `Number.MAX_SAFE_INTEGER`, and how many digits it has.
const INTEGER_MAX: u64 = (1 << 53) - 1;
const INTEGER_MAX_DIGITS: usize = 16;

/// Reads a body. The depth is bounded by the parser, at 128.
pub fn parse(body: &[u8]) -> serde_json::Result<Value> {
    if !has_long_integer(body)
        && let Ok(value) = serde_json::from_slice(body)
    {
        return Ok(value);
    }
    // Well-formed it must be, but the grammar allows for half a pair and for a number of any size.
    let body: &RawValue = serde_json::from_slice(body)?;
    serde_json::from_str(&mended(body.get()))
}

/// So many digits in a row, but for those of a fraction, are rare: no time and no phone number has
/// them.
fn has_long_integer(body: &[u8]) -> bool {
    let mut decimals = body.split(|byte| !byte.is_ascii_digit() && *byte != b'.');
    let whole = |decimal: &[u8]| decimal.iter().take_while(|byte| **byte != b'.').count();
    decimals.any(|decimal| whole(decimal) >= INTEGER_MAX_DIGITS)
}

/// The same JSON, in which every string and number can be held.
fn mended(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_bytes(rest),
            '-' | '0'..='9' => number_bytes(rest),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        match first {
            '"' => push_string(&mut out, token),
            '-' | '0'..='9' if !is_held(token) => out.extend(["\"", token, "\""]),
            _ => out.push_str(token),
        }
        rest = after;
    }
    out
}

fn string_bytes(json: &str) -> usize {
    let mut is_escaped = false;
    let closes = |byte| {
        let closes = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        closes
    };
    json.bytes()
        .skip(1)
        .position(closes)
        .map_or(json.len(), |at| at + 2)
}

fn number_bytes(json: &str) -> usize {
    let ends = |char| !matches!(char, '0'..='9' | '-' | '+' | '.' | 'e' | 'E');
    json.find(ends).unwrap_or(json.len())
}

fn is_held(number: &str) -> bool {
    if number.contains(['.', 'e', 'E']) {
        return number.parse().is_ok_and(f64::is_finite);
    }
    let digits = number.trim_start_matches('-').parse();
    digits.is_ok_and(|integer: u64| integer <= INTEGER_MAX)
}

/// Replaces each half of a pair that is without the other.
fn push_string(out: &mut String, string: &str) {
    let mut rest = string;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let (written, length) = match unit(escape) {
            Some(0xD800..=0xDBFF) if is_low(unit(&escape[ESCAPE_BYTES..])) => {
                (&escape[..2 * ESCAPE_BYTES], 2 * ESCAPE_BYTES)
            }
            Some(0xD800..=0xDFFF) => (REPLACEMENT, ESCAPE_BYTES),
            _ => (&escape[..2], 2),
        };
        out.push_str(written);
        rest = &escape[length..];
    }
    out.push_str(rest);
}

/// The code unit that is escaped where `text` begins.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix(r"\u")?.get(..ESCAPE_BYTES - 2)?;
    u16::from_str_radix(digits, 16).ok()
}

fn is_low(unit: Option<u16>) -> bool {
    matches!(unit, Some(0xDC00..=0xDFFF))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_lone_surrogate_is_replaced_and_a_pair_is_not() {
        for (text, is) in [
            (r#""cut \ud83d""#, "cut \u{fffd}"),
            (r#""\ude00 and \ud83d\ude00""#, "\u{fffd} and 😀"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\\ud83d \ud83d\n""#, "\\ud83d \u{fffd}\n"),
            (r#""é\" \ud83d 1e999""#, "é\" \u{fffd} 1e999"),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap(), json!(is), "{text}");
        }
    }

    #[test]
    fn a_number_that_no_double_holds_is_read_as_its_digits() {
        let numbers = br#"{"n": [9007199254740991, -9007199254740992, 123456789012345678901234, 1e400, -1E+400]}"#;
        let read = json!({"n": [
            9_007_199_254_740_991_u64, "-9007199254740992", "123456789012345678901234", "1e400", "-1E+400",
        ]});
        assert_eq!(parse(numbers).unwrap(), read);
    }

    #[test]
    fn a_number_that_a_double_holds_is_read_as_it_is() {
        for number in [
            "0",
            "-0",
            "1e21",
            "0.30000000000000004",
            "1.0000000000000000001",
            "1e-400",
        ] {
            assert!(parse(number.as_bytes()).unwrap().is_number(), "{number}");
        }
        assert_eq!(
            parse(b"\"9007199254740993\"").unwrap(),
            json!("9007199254740993")
        );
    }

    #[test]
    fn names_that_become_equal_are_one_and_the_last_value_stands() {
        let read = parse(br#"{"\ud83d": 1, "a": 2, "\ud83c": 3, "a": 4}"#).unwrap();
        assert_eq!(read, json!({"\u{fffd}": 3, "a": 4}));
    }

    #[test]
    fn what_is_not_json_stays_an_error() {
        for text in [
            "",
            "{",
            r#""\ud83d"#,
            r#"{"a":\ud83d}"#,
            r#""\u+12f""#,
            "01e400",
            "1e400 1",
            "{1e400: 1}",
            "12345678901234567890a",
            "\u{0}",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(&b"[".repeat(100_000)).is_err());
        let deep = [
            b"[".repeat(100_000),
            b"1e999".to_vec(),
            b"]".repeat(100_000),
        ]
        .concat();
        assert!(parse(&deep).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in any::<Vec<u8>>(), text in r#""(\\u[d-f][89c-f]|[0-9a-f]{2}|\\)*""#) {
            let _ = parse(&body);
            let _ = parse(text.as_bytes());
        }

        #[test]
        fn a_double_is_read_exactly(bits in any::<u64>(), whole in 0_u64..1 << 53) {
            for double in [f64::from_bits(bits), whole as f64 / 1000.0, whole as f64 / 1e17] {
                let written = json!(double);
                prop_assert_eq!(parse(written.to_string().as_bytes()).unwrap(), written);
            }
        }

        #[test]
        fn what_can_be_held_is_not_mended(numbers in any::<Vec<f64>>(), texts in any::<Vec<String>>()) {
            let json = json!([numbers, texts]).to_string();
            prop_assert_eq!(mended(&json), json);
        }
    }
}
