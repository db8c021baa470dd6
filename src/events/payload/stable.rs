//! JSON that JavaScript gives back byte for byte: `JSON.stringify(JSON.parse(x)) === x`.
//!
//! Many a receiver checks our signature over `JSON.stringify(req.body)`: not over what it received,
//! but over what it would have sent. So we write as `JSON.stringify` does:
//!
//! - compact, and with no more escapes than it uses itself;
//! - names that are array indices first, by number, because an object of JavaScript keeps them so;
//! - numbers as ECMAScript spells them, and integers that no double holds exactly as strings.
//!
//! That no name comes twice in an object, and no text holds half a surrogate pair, a [`Value`] sees
//! to by itself.

use std::iter::repeat_n;

use serde_json::{Map, Number, Value};

/// JavaScript's `Number.MAX_SAFE_INTEGER`.
const INTEGER_MAX: i64 = (1 << 53) - 1;
/// Numbers from 10^21 on are written with an exponent.
const WHOLE_DIGITS_MAX: i32 = 21;
/// So are numbers with more zeros than this between the point and the first digit.
const LEADING_ZEROS_MAX: i32 = 5;

pub fn bytes(value: &Value) -> Vec<u8> {
    let mut out = String::new();
    write(&mut out, value);
    out.into_bytes()
}

/// An object whose fields stand in the order in which they are given. Their names are ours.
pub fn object(fields: &[(&str, Value)]) -> Vec<u8> {
    let mut out = String::new();
    write_fields(&mut out, fields.iter().map(|(name, value)| (*name, value)));
    out.into_bytes()
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_text(out, text),
        Value::Array(items) => write_items(out, items),
        Value::Object(fields) => write_fields(out, in_javascripts_order(fields)),
    }
}

fn write_items(out: &mut String, items: &[Value]) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(']');
}

fn write_fields<'a>(out: &mut String, fields: impl IntoIterator<Item = (&'a str, &'a Value)>) {
    out.push('{');
    for (at, (name, value)) in fields.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_text(out, name);
        out.push(':');
        write(out, value);
    }
    out.push('}');
}

fn in_javascripts_order(fields: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    // Hardly any object has indices for names.
    if fields.iter().any(|(name, _)| array_index(name).is_some()) {
        // Stable: the others keep their order. No index is as large as the stand-in.
        fields.sort_by_key(|(name, _)| array_index(name).unwrap_or(u32::MAX));
    }
    fields
}

/// An integer from 0 to 2^32 - 2, spelled as ECMAScript would.
fn array_index(name: &str) -> Option<u32> {
    let begins_plainly = name == "0" || name.starts_with(|first: char| matches!(first, '1'..='9'));
    let is_plain = begins_plainly && name.bytes().all(|byte| byte.is_ascii_digit());
    let index = is_plain.then(|| name.parse().ok())?;
    index.filter(|index| *index < u32::MAX)
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let mut written = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[written..at]);
        written = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\x08' => out.push_str("\\b"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            b'\x0c' => out.push_str("\\f"),
            b'\r' => out.push_str("\\r"),
            control => out.push_str(&format!("\\u{control:04x}")),
        }
    }
    out.push_str(&text[written..]);
    out.push('"');
}

fn write_number(out: &mut String, number: &Number) {
    match number.as_i64() {
        Some(integer) if (-INTEGER_MAX..=INTEGER_MAX).contains(&integer) => {
            out.push_str(&integer.to_string());
        }
        _ if number.is_f64() => write_double(out, &number.to_string()),
        _ => write_text(out, &number.to_string()),
    }
}

/// ECMAScript's `Number::toString`. `serde_json` finds the same digits, the fewest that tell the
/// number from every other, and only places the point elsewhere. (`format!` does not: it rounds up
/// where two spellings are equally near, and ECMAScript to the even digit.)
fn write_double(out: &mut String, double: &str) {
    let (sign, double) = match double.strip_prefix('-') {
        Some(positive) => ("-", positive),
        None => ("", double),
    };
    let (digits, point) = digits(double);
    let count = digits.len() as i32;
    if count == 0 {
        return out.push('0'); // without a sign, though there are two zeros
    }
    out.push_str(sign);
    if !(-LEADING_ZEROS_MAX..=WHOLE_DIGITS_MAX).contains(&point) {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        out.push_str(&format!("{first}{dot}{rest}e{:+}", point - 1));
    } else if point <= 0 {
        out.push_str("0.");
        zeros(out, -point);
        out.push_str(&digits);
    } else if point < count {
        let (whole, fraction) = digits.split_at(point as usize);
        out.push_str(&format!("{whole}.{fraction}"));
    } else {
        out.push_str(&digits);
        zeros(out, point - count);
    }
}

/// The significant digits of a number, and where among them its point stands: behind the first is 1.
fn digits(number: &str) -> (String, i32) {
    let (decimal, exponent) = number.split_once('e').unwrap_or((number, "0"));
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    let leading_zeros = digits.len() - significant.len();
    let point = whole.len() as i32 - leading_zeros as i32 + exponent.parse().unwrap_or(0);
    (significant.trim_end_matches('0').to_owned(), point)
}

fn zeros(out: &mut String, count: i32) {
    out.extend(repeat_n('0', count as usize));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn stable(value: &Value) -> String {
        String::from_utf8(bytes(value)).unwrap()
    }

    #[test]
    fn a_number_is_spelled_as_ecmascript_spells_it() {
        for (number, spelled) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (123.456, "123.456"),
            (8_826_279_799_908.0 + 0.0625, "8826279799908.062"),
            (8_826_279_799_908.0 + 0.1875, "8826279799908.188"),
            (1e20, "100000000000000000000"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1e21, "1e+21"),
            (-1.2345e21, "-1.2345e+21"),
            (0.000_001, "0.000001"),
            (0.000_001_23, "0.00000123"),
            (1e-7, "1e-7"),
            (1.5e-7, "1.5e-7"),
            (f64::MAX, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(stable(&json!(number)), spelled);
        }
    }

    #[test]
    fn an_integer_that_no_double_holds_is_a_string() {
        assert_eq!(
            stable(&json!([INTEGER_MAX, -INTEGER_MAX])),
            "[9007199254740991,-9007199254740991]"
        );
        assert_eq!(
            stable(&json!([
                INTEGER_MAX + 1,
                -INTEGER_MAX - 1,
                i64::MIN,
                u64::MAX
            ])),
            r#"["9007199254740992","-9007199254740992","-9223372036854775808","18446744073709551615"]"#
        );
    }

    #[test]
    fn array_indices_come_first_and_by_number() {
        let value = json!({"b": 1, "10": 2, "9": 3, "01": 4, "-1": 5, "4294967295": 6, "4294967294": 7, "": 8, "0": 9});
        assert_eq!(
            stable(&value),
            r#"{"0":9,"9":3,"10":2,"4294967294":7,"":8,"-1":5,"01":4,"4294967295":6,"b":1}"#
        );
    }

    #[test]
    fn a_text_has_the_escapes_that_json_stringify_uses_and_no_others() {
        assert_eq!(
            stable(&json!("\"\\/\u{8}\t\n\u{c}\r")),
            r#""\"\\/\b\t\n\f\r""#
        );
        assert_eq!(stable(&json!("\0\u{1f}")), r#""\u0000\u001f""#);
        let plain = "\u{7f}\u{80}\u{2028}\u{2029}é😀<>&'\u{ffff}";
        assert_eq!(stable(&json!(plain)), format!("\"{plain}\""));
    }

    #[test]
    fn our_own_fields_stand_as_they_are_given() {
        let fields = [("b", json!({"z": [], "a": {}})), ("a", json!(null))];
        assert_eq!(object(&fields), br#"{"b":{"a":{},"z":[]},"a":null}"#);
    }

    proptest! {
        #[test]
        fn a_double_is_still_the_same_number(bits in any::<u64>()) {
            let double = f64::from_bits(bits);
            prop_assume!(double.is_finite());
            prop_assert_eq!(stable(&json!(double)).parse::<f64>().unwrap(), double);
        }

        #[test]
        fn a_text_is_still_the_same_text(text in any::<String>()) {
            prop_assert_eq!(serde_json::from_slice::<String>(&bytes(&json!(text))).unwrap(), text);
        }
    }
}
