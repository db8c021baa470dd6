//! Times in forms. A browser's field for a time knows no zone, so what it says
//! is UTC, as its label tells; a time with a zone is taken as it is.

use chrono::{DateTime, NaiveDateTime};

use crate::{
    error::Result,
    infra::{clock::Millis, walk::time},
};

/// What a field for times holds: with seconds, without, with parts of them.
const FORMATS: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
const WRITTEN: &str = "%Y-%m-%dT%H:%M:%S";

/// A time that somebody gave; an empty field is none.
pub fn read(path: &str, text: &str) -> Result<Option<Millis>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let in_utc = FORMATS
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    match in_utc {
        Some(moment) => Ok(Some(moment.and_utc().timestamp_millis())),
        None => time(path, text).map(Some),
    }
}

/// A time as the field takes it.
pub fn write(moment: Millis) -> String {
    let moment = DateTime::from_timestamp_millis(moment).unwrap_or_default();
    moment.format(WRITTEN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_without_a_zone_is_utc_and_one_with_a_zone_is_as_it_says() {
        for text in [
            "1970-01-01T01:00",
            "1970-01-01T01:00:00",
            "1970-01-01T01:00:00.000",
            "1970-01-01T02:00:00+01:00",
            " 1970-01-01T01:00:00Z ",
        ] {
            assert_eq!(read("since", text).unwrap(), Some(3_600_000), "{text}");
        }
        assert_eq!(read("since", " ").unwrap(), None);
        assert_eq!(write(3_600_000), "1970-01-01T01:00:00");
    }

    #[test]
    fn what_is_no_time_is_refused_by_its_field() {
        for text in ["yesterday", "1970-01-01", "1970-13-01T00:00"] {
            let refused = read("until", text).unwrap_err();
            assert!(refused.to_string().contains("until"), "{text}");
        }
    }
}
