//! A subscriber's own headers: what a receiver wants to see beside ours.
//!
//! They say who is allowed in, seldom more. What says how the message is
//! framed, where it goes, what it is and that it is ours is not theirs to say.

use std::fmt;

use reqwest::header::HeaderName;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use utoipa::ToSchema;

use super::{Headers, Wrong};

const HEADERS_MAX: usize = 20;
const NAME_BYTES_MAX: usize = 100;
const VALUE_BYTES_MAX: usize = 4_096;
const ALL_BYTES_MAX: usize = 8_192;

/// What the HTTP client or the delivery says, or a proxy on the way is told.
const OURS: [&str; 17] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];
/// Every name with this in it is ours, or may become so.
const OURS_BY_PART: &str = "webhook-";

/// Names and values as they were given, in their order; a name given twice is
/// there twice.
#[derive(ToSchema)]
#[schema(value_type = std::collections::HashMap<String, String>)]
pub struct Pairs(Vec<(String, String)>);

impl From<Vec<(String, String)>> for Pairs {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of names and texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

pub(super) fn read(Pairs(pairs): Pairs, wrong: &mut Wrong) -> Option<Headers> {
    if pairs.len() > HEADERS_MAX {
        wrong.add("headers", format!("give at most {HEADERS_MAX}"));
        return None;
    }
    let bytes: usize = pairs
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if bytes > ALL_BYTES_MAX {
        let most = format!("give at most {ALL_BYTES_MAX} bytes of names and values together");
        wrong.add("headers", most);
        return None;
    }
    let mut headers = Headers::new();
    for (name, value) in pairs {
        let path = format!("headers.{name}");
        let checked = check_name(&name).and_then(|name| Ok((name, check_value(value)?)));
        let Some((name, value)) = wrong.note(path.clone(), checked) else {
            continue;
        };
        if headers.insert(name, value).is_some() {
            wrong.add(
                path,
                "this header is given twice; upper and lower case are the same",
            );
        }
    }
    Some(headers)
}

/// The name in lower case, as it is sent.
fn check_name(text: &str) -> Result<String, String> {
    if text.len() > NAME_BYTES_MAX {
        return Err(format!("give a name of at most {NAME_BYTES_MAX} bytes"));
    }
    let name = HeaderName::from_bytes(text.as_bytes())
        .map_err(|_| "give a name of letters, digits and hyphens".to_owned())?;
    let name = name.as_str();
    if OURS.contains(&name) || name.contains(OURS_BY_PART) {
        return Err("this header is set by the delivery itself: leave it out".to_owned());
    }
    Ok(name.to_owned())
}

fn check_value(value: String) -> Result<String, String> {
    if value.len() > VALUE_BYTES_MAX {
        return Err(format!("give a value of at most {VALUE_BYTES_MAX} bytes"));
    }
    let is_printable = |byte: u8| byte.is_ascii_graphic() || b" \t".contains(&byte);
    match value.trim() == value && value.bytes().all(is_printable) {
        true => Ok(value),
        false => Err("give printable ASCII, in one line and without spaces at its ends".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    fn read_json(json: &str) -> Result<Headers, String> {
        let mut wrong = Wrong::default();
        let headers = read(serde_json::from_str(json).unwrap(), &mut wrong);
        wrong.refuse_any().map_err(|error| error.to_string())?;
        Ok(headers.unwrap_or_default())
    }

    #[test]
    fn a_header_of_ones_own_is_taken_by_its_name_in_lower_case() {
        let read = read_json(r#"{"Authorization": "Bearer a b", "X-Empty": ""}"#).unwrap();
        let wanted = [("authorization", "Bearer a b"), ("x-empty", "")];
        assert_eq!(
            read,
            wanted
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into()
        );
    }

    #[test]
    fn what_the_delivery_says_itself_is_refused_in_any_spelling() {
        for name in OURS
            .into_iter()
            .chain(["webhook-id", "x-webhook-signature", "my-webhook-x"])
        {
            for name in [name.to_owned(), name.to_uppercase()] {
                let refused = read_json(&format!(r#"{{"{name}": "x"}}"#)).unwrap_err();
                assert!(
                    refused.contains(&format!("headers.{name}: this header")),
                    "{refused}"
                );
            }
        }
    }

    #[test]
    fn a_header_given_twice_is_refused_however_it_is_written() {
        for json in [r#"{"x-a": "1", "x-a": "1"}"#, r#"{"x-a": "1", "X-A": "2"}"#] {
            assert!(
                read_json(json).unwrap_err().contains("given twice"),
                "{json}"
            );
        }
    }

    proptest! {
        #[test]
        fn whatever_is_taken_can_be_sent_and_ends_no_line(name in "\\PC{0,12}|[a-z:-]{1,12}", value in "(?s).{0,12}") {
            let pairs = Pairs(vec![(name, value)]);
            let mut wrong = Wrong::default();
            let headers = read(pairs, &mut wrong);
            if wrong.refuse_any().is_ok() {
                for (name, value) in headers.unwrap() {
                    prop_assert!(HeaderName::from_bytes(name.as_bytes()).is_ok());
                    prop_assert!(HeaderValue::from_str(&value).is_ok());
                }
            }
        }
    }
}
