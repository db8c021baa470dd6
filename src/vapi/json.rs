//! From bytes to JSON, with one kindness.
//!
//! JavaScript writes half a surrogate pair as `\ud83d` when a text was cut inside an emoji, as
//! happens to the pieces of a live transcript. No Rust string can hold that. Rather than lose the
//! event, the half is read as U+FFFD, as every browser would show it.

use serde_json::Value;

const REPLACEMENT: &[u8] = br"\ufffd";
/// `\ud83d`: the length of an escaped code unit.
const ESCAPE_BYTES: usize = 6;

/// Reads a body. The depth is bounded by the parser, at 128.
pub fn parse(body: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(body).or_else(|error| match mended(body) {
        Some(mended) => serde_json::from_slice(&mended),
        None => Err(error),
    })
}

/// The same text with each lone surrogate replaced, if it has any. A backslash stands nowhere in
/// JSON but in strings, so there is no need to know where those begin.
fn mended(body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len());
    let mut has_changed = false;
    let mut rest = body;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let taken = match unit(rest) {
            Some(0xD800..=0xDBFF) if is_low(unit(&rest[ESCAPE_BYTES..])) => ESCAPE_BYTES * 2,
            Some(0xD800..=0xDFFF) => {
                has_changed = true;
                out.extend_from_slice(REPLACEMENT);
                rest = &rest[ESCAPE_BYTES..];
                continue;
            }
            Some(_) => ESCAPE_BYTES,
            None => rest.len().min(2),
        };
        out.extend_from_slice(&rest[..taken]);
        rest = &rest[taken..];
    }
    out.extend_from_slice(rest);
    has_changed.then_some(out)
}

/// The code unit that is escaped where `text` begins.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.get(..ESCAPE_BYTES)?.strip_prefix(br"\u")?;
    let digits = std::str::from_utf8(digits).ok()?;
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
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap(), json!(is), "{text}");
        }
    }

    #[test]
    fn what_is_not_json_stays_an_error() {
        for text in [
            "",
            "{",
            r#""\ud83d"#,
            r#"{"a":\ud83d}"#,
            r#""\u+12f""#,
            "1e400",
            "\u{0}",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(&b"[".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in any::<Vec<u8>>(), text in r#""(\\u[d-f][89c-f]|[0-9a-f]{2}|\\)*""#) {
            let _ = parse(&body);
            let _ = parse(text.as_bytes());
        }
    }
}
