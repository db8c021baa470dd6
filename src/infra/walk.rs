//! Lists that are not in the order of ids: where a page begins is whatever the
//! list is ordered by.
//!
//! The cursor is that place in an opaque spelling, so a page is a walk along
//! an index from there on, and costs the same wherever it begins.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::{Error, Result},
    infra::clock::Millis,
};

const LIMIT_DEFAULT: u64 = 20;
const LIMIT_MAX: u64 = 100;

/// What is asked of a list: so many, and what comes after this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk<P> {
    pub limit: usize,
    pub after: Option<P>,
}

impl<P: Serialize + DeserializeOwned> Walk<P> {
    /// Reads a query's `limit` and `cursor`.
    pub fn read(limit: Option<u64>, cursor: Option<&str>) -> Result<Self> {
        let limit = limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Error::invalid("limit", "give a number from 1 to 100"));
        }
        Ok(Self {
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            after: cursor.map(place).transpose()?,
        })
    }

    /// One more than is answered: whether it is there says if a page follows.
    pub fn rows_to_read(&self) -> usize {
        self.limit + 1
    }

    /// Cuts off what is too much and makes the cursor of the next page.
    pub fn cut<T>(&self, rows: &mut Vec<T>, place: impl Fn(&T) -> P) -> Result<Option<String>> {
        if rows.len() <= self.limit {
            return Ok(None);
        }
        rows.truncate(self.limit);
        rows.last().map(|last| cursor(&place(last))).transpose()
    }
}

/// The cursor of a page that begins after this place.
pub fn cursor(place: &impl Serialize) -> Result<String> {
    let plain = serde_json::to_vec(place).map_err(Error::internal)?;
    Ok(BASE64.encode(plain))
}

fn place<P: DeserializeOwned>(cursor: &str) -> Result<P> {
    let plain = BASE64.decode(cursor).ok();
    plain
        .and_then(|plain| serde_json::from_slice(&plain).ok())
        .ok_or_else(|| Error::invalid("cursor", "give the next_cursor of a page before, unchanged"))
}

/// A time that a caller names.
pub fn time(path: &str, text: &str) -> Result<Millis> {
    let read = chrono::DateTime::parse_from_rfc3339(text);
    read.map(|time| time.timestamp_millis()).map_err(|_| {
        Error::invalid(
            path,
            "give a time as RFC 3339 has it, such as 2026-11-21T09:30:00Z",
        )
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_is_cut_and_its_cursor_leads_to_the_next() {
        let walk = Walk::<(i64, i64)>::read(Some(2), None).unwrap();
        let mut rows = vec![(9, 1), (8, 1), (7, 1)];
        let next = walk.cut(&mut rows, |row| *row).unwrap();
        assert_eq!(rows, [(9, 1), (8, 1)]);
        let next = Walk::<(i64, i64)>::read(None, next.as_deref()).unwrap();
        assert_eq!((next.limit, next.after), (20, Some((8, 1))));
        assert_eq!(walk.cut(&mut rows, |row| *row).unwrap(), None);
    }

    #[test]
    fn a_limit_out_of_range_and_a_time_that_is_none_are_refused_by_their_path() {
        for limit in [0, 101] {
            let refused = Walk::<i64>::read(Some(limit), None).unwrap_err();
            assert!(refused.to_string().contains("limit"));
        }
        for text in ["", "yesterday", "2026-11-21", "2026-11-21 09:30"] {
            let refused = time("since", text).unwrap_err();
            assert!(refused.to_string().contains("since"), "{text}");
        }
        assert_eq!(time("since", "1970-01-01T01:00:01+01:00").unwrap(), 1_000);
    }

    proptest! {
        #[test]
        fn no_cursor_makes_it_panic(text in ".{0,60}") {
            let _ = Walk::<(i64, i64)>::read(None, Some(&text));
        }
    }
}
